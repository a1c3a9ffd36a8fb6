"""Decode image files to pictures: gray, 16 bits and alpha are kept; palettes and CMYK become RGB."""

import logging
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

from sr_lightning.errors import InputError
from sr_lightning.image.files import input_errors, open_image
from sr_lightning.image.metadata import metadata_of
from sr_lightning.image.orientation import apply_orientation, pending_orientation
from sr_lightning.image.picture import Metadata, Picture
from sr_lightning.image.rgb import read_deep_gray

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # damaged tags would be logged before the exception
log = logging.getLogger(__name__)

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PREMULTIPLIED = 1  # TIFF's ExtraSamples
_FLOAT = 3  # TIFF's SampleFormat


def read_picture(path: Path | str) -> Picture:
    """Read the first frame of a file.

    Raises:
        InputError: the file cannot be opened, is damaged or truncated, or has values outside a defined range.
    """
    with input_errors(path):
        content = Path(path).read_bytes()
    return decode(content, str(path))


def decode(content: bytes, name: str) -> Picture:
    """Decode the content of a file.

    Args:
        content: of the file.
        name: used in messages.
    Raises:
        InputError: as `read_picture`.
    """
    with input_errors(name, content):
        deep = decode_16bit_tiff(content) if content[:4] in _TIFF else None
    try:
        with open_image(name, content) as file:
            orientation = pending_orientation(file)  # before decoding, during which Pillow rotates TIFFs
            frames = getattr(file, "n_frames", 1)
            if frames > 1:
                log.warning("%s: has %d frames; only the first is used", name, frames)
            pixels = deep if deep is not None else apply_orientation(decode_pixels(file, content), orientation)
            return Picture(pixels, metadata_of(file, 1 if pixels.shape[2] < 3 else 3))
    except InputError:
        if deep is None:
            raise
        return Picture(deep, Metadata())  # 16-bit layouts that only tifffile reads, such as gray with alpha


def decode_pixels(file: Image.Image, content: bytes) -> np.ndarray:
    """Decode the pixels without applying the orientation.

    Args:
        file: the opened image.
        content: of the file, for 16-bit PNG, which Pillow reduces to 8 bits.
    Shape:
        (H, W, C) uint8 or uint16.
    """
    if file.format == "PNG" and content[24] == 16:
        deep = imagecodecs.png_decode(content)
        return deep.reshape(*deep.shape[:2], -1)
    file.load()
    gray = read_deep_gray(file)
    if gray is not None:
        return gray[:, :, None]
    alpha = "A" if file.has_transparency_data else ""
    if file.mode in ("1", "L", "LA", "La"):
        pixels = np.array(file.convert("LA" if alpha else "L"))
    elif file.mode == "CMYK":
        pixels = np.array(cmyk_to_rgb(file))
    else:
        pixels = np.array(file.convert("RGB" + alpha))
        if file.mode.startswith("P") and (pixels[:, :, :1] == pixels[:, :, 1:3]).all():
            pixels = pixels[:, :, 2:]  # the palette is gray
    return pixels.reshape(*pixels.shape[:2], -1)


def cmyk_to_rgb(file: Image.Image) -> Image.Image:
    """Convert CMYK to sRGB with its color profile, or with Pillow's formula if there is no usable profile."""
    icc = file.info.get("icc_profile")
    if icc and icc[16:20] == b"CMYK":
        try:
            profile = ImageCms.ImageCmsProfile(BytesIO(icc))
            converted = ImageCms.profileToProfile(file, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is not None:
            return converted
    return file.convert("RGB")


def decode_16bit_tiff(content: bytes) -> np.ndarray | None:
    """Decode a TIFF file with 16 bits per channel and apply its orientation; return None for other files.

    Shape:
        (H, W, C) uint16.
    Raises:
        ValueError: channels that are neither gray nor RGB, with or without alpha.
    """
    with tifffile.TiffFile(BytesIO(content)) as file:
        page = file.pages.first
        if page.samplesperpixel > 1 and (page.bitspersample > 16 or page.sampleformat == _FLOAT):
            raise ValueError(f"{page.samplesperpixel} channels of {page.dtype}; convert them to 8 or 16 bits")
        if page.bitspersample != 16 or page.sampleformat != 1 or page.photometric not in (0, 1, 2):
            return None
        if page.imagewidth * page.imagelength > 2 * (Image.MAX_IMAGE_PIXELS or 2**62):
            raise Image.DecompressionBombError(f"{page.imagewidth}x{page.imagelength} pixels")
        if not page.imagewidth * page.imagelength:
            raise ValueError(f"{page.imagewidth}x{page.imagelength} pixels")
        colors, channels = 3 if page.photometric == 2 else 1, page.samplesperpixel
        if channels not in (colors, colors + 1):
            raise ValueError(f"{channels} channels, expected gray or RGB, with or without alpha")
        pixels = page.asarray()
        if pixels.ndim == 3 and page.planarconfig == 2:
            pixels = pixels.transpose(1, 2, 0)
        pixels = pixels.reshape(page.imagelength, page.imagewidth, channels).astype(np.uint16)
        if page.photometric == 0:
            pixels[:, :, 0] = 65535 - pixels[:, :, 0]
        if channels > colors and page.extrasamples[:1] == (_PREMULTIPLIED,):
            alpha = np.maximum(pixels[:, :, -1:], 1).astype(np.float64)
            pixels[:, :, :-1] = np.rint(np.minimum(pixels[:, :, :-1] / alpha, 1) * 65535)
        orientation = page.tags.valueof(274, 1)
    return apply_orientation(pixels, orientation if orientation in range(1, 9) else 1)
