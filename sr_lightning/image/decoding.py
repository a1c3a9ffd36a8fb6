"""Decode image files to pictures: gray, 16 bits and alpha are kept; palettes, CMYK and Lab become RGB."""

import logging
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from sr_lightning.errors import InputError
from sr_lightning.image.color_conversion import cmyk_to_rgb
from sr_lightning.image.files import input_errors, open_image
from sr_lightning.image.metadata import metadata_of
from sr_lightning.image.orientation import apply_orientation, pending_orientation
from sr_lightning.image.picture import Picture
from sr_lightning.image.pixel_values import float_to_uint16, integer_to_uint16
from sr_lightning.image.ppm import decode_ppm
from sr_lightning.image.tiff import MAGIC, decode_tiff, tiff_metadata

for _library in ("tifffile", "PIL.TiffImagePlugin"):  # damaged tags would be logged before the exception
    logging.getLogger(_library).setLevel(logging.CRITICAL)
log = logging.getLogger(__name__)

_HIGH_BIT_DEPTH = 0x40  # in the third byte of AVIF's av1C box


def read_picture(path: Path | str) -> Picture:
    """Read the first frame of a file.

    Raises:
        InputError: the file cannot be opened, is damaged or truncated, or has values outside a defined range.
    """
    return decode(read_content(path), str(path))


def read_content(path: Path | str) -> bytes:
    """Read the bytes of a file.

    Raises:
        InputError: the file cannot be opened.
    """
    with input_errors(path):
        return Path(path).read_bytes()


def decode(content: bytes, name: str, warn: bool = True) -> Picture:
    """Decode the content of a file.

    Args:
        content: of the file.
        name: used in messages.
        warn: log a warning about further frames, and about bits that Pillow drops.
    Raises:
        InputError: as `read_picture`.
    """
    deep = decode_deep(content, name)
    try:
        with open_image(name, content) as file:
            if warn:
                warn_of_losses(file, content, name)
            pixels = decode_pixels(file, content) if deep is None else deep
            return Picture(pixels, metadata_of(file, 1 if pixels.shape[2] < 3 else 3, content))
    except InputError:
        if deep is None:
            raise
        with input_errors(name, content):
            return Picture(deep, tiff_metadata(content))  # a layout that only tifffile reads, as 16-bit gray and alpha


def decode_upright(content: bytes, name: str) -> np.ndarray:
    """Decode the pixels of a file without its metadata.

    Args:
        content: of the file.
        name: used in messages.
    Shape:
        (H, W, C) uint8 or uint16; gray or RGB, with or without alpha.
    Raises:
        InputError: as `read_picture`.
    """
    deep = decode_deep(content, name)
    if deep is not None:
        return deep
    with open_image(name, content) as file:
        return decode_pixels(file, content)


def warn_of_losses(file: Image.Image, content: bytes, name: str) -> None:
    """Log what is not read of a file: further frames, and more than 8 bits of AVIF."""
    frames = 1 if file.format == "MPO" else getattr(file, "n_frames", 1)  # MPO is a JPEG with previews
    if frames > 1:
        log.warning("%s: has %d frames; only the first is used", name, frames)
    bits = content.partition(b"av1C")[2][2:3]
    if file.format == "AVIF" and bits and bits[0] & _HIGH_BIT_DEPTH:
        log.warning("%s: has more than 8 bits, of which 8 are read; convert it to a 16-bit PNG to keep them", name)


def decode_deep(content: bytes, name: str) -> np.ndarray | None:
    """Decode the formats of which Pillow would drop bits or colors; return None for all others.

    Shape:
        (H, W, C) uint8 or uint16.
    Raises:
        InputError: as `read_picture`.
    """
    with input_errors(name, content):
        if content[:4] in MAGIC:
            return decode_tiff(content)
        return decode_ppm(content)


def decode_pixels(file: Image.Image, content: bytes) -> np.ndarray:
    """Decode the pixels and apply the orientation.

    Args:
        file: the opened image.
        content: of the file, for 16-bit PNG, which Pillow reduces to 8 bits.
    Shape:
        (H, W, C) uint8 or uint16.
    """
    orientation = pending_orientation(file)  # before decoding, during which Pillow rotates TIFFs
    if file.format == "PNG" and content[24] == 16:
        deep = imagecodecs.png_decode(content)
        return apply_orientation(deep.reshape(*deep.shape[:2], -1), orientation)
    file.load()
    return apply_orientation(to_channels(file), orientation)


def to_channels(file: Image.Image) -> np.ndarray:
    """Convert a decoded image of any mode to gray or RGB, with or without alpha.

    Shape:
        (H, W, C) uint8 or uint16.
    Raises:
        UnsupportedError: values outside a defined range.
    """
    if file.mode == "F":
        return float_to_uint16(np.asarray(file))[:, :, None]
    if file.mode.startswith("I"):  # I;16 and I;16B hold 16 bits, I the same in 32
        return integer_to_uint16(np.asarray(file))[:, :, None]
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
