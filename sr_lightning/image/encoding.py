"""Encode pictures to image files, keeping as much as the format can hold."""

import logging
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import ExifTags, Image

from sr_lightning.errors import InputError
from sr_lightning.image.color_space import insert_chunks
from sr_lightning.image.files import error_text, open_image, save
from sr_lightning.image.formats import ENCODERS, OPAQUE
from sr_lightning.image.limits import check_writable_as
from sr_lightning.image.metadata import color_space_chunks, matching_profile, png_chunks, save_options
from sr_lightning.image.picture import Metadata, Picture
from sr_lightning.ops.quantize import uint16_to_uint8

log = logging.getLogger(__name__)

_MODES = ("L", "LA", "RGB", "RGBA")


def suffix_for(suffix: str) -> str:
    """Return the suffix in lower case if the format can be written, else ``.png`` (for GIF, PPM …)."""
    return suffix.lower() if suffix.lower() in ENCODERS else ".png"


def same_suffix(content: bytes) -> str:
    """Return the suffix of the format of a file's content, ``.png`` if that format cannot be written.

    Raises:
        InputError: the content is not an image.
    """
    with open_image("picture", content) as file:
        format_name = {"MPO": "JPEG"}.get(file.format or "", file.format)  # MPO: JPEG with previews
        return next((suffix for suffix, (name, _) in ENCODERS.items() if name == format_name), ".png")


def encode(picture: Picture, suffix: str, name: str = "picture") -> bytes:
    """Return the content of a file in the format of ``suffix``.

    PNG and TIFF keep 16 bits, other formats round to 8; `limits.losses` describes what is lost. A 16-bit
    TIFF keeps only the text tags of the EXIF data.

    Args:
        name: used in messages.
    Raises:
        InputError: the format cannot be written, or cannot hold the picture's transparency or number of pixels.
    """
    height, width = picture.pixels.shape[:2]
    check_writable_as(picture, suffix, height, width, name)
    format_name, encoder = ENCODERS[suffix.lower()]
    pixels, colors = picture.pixels, 1 if picture.pixels.shape[2] < 3 else 3
    if pixels.shape[2] > colors and format_name in OPAQUE:
        pixels = pixels[:, :, :-1]
    if picture.depth == 16:
        if format_name == "PNG":
            content = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))
            return insert_chunks(
                content, color_space_chunks(picture.metadata, colors) + png_chunks(picture.metadata, colors)
            )
        if format_name == "TIFF":
            return encode_16bit_tiff(picture)
        pixels = uint16_to_uint8(pixels)
    file = BytesIO()
    flat = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    encoded = Image.fromarray(np.ascontiguousarray(flat), _MODES[pixels.shape[2] - 1])
    written_colors = 3 if format_name == "WEBP" else colors  # WebP has no gray mode
    if format_name == "TIFF" and (picture.metadata.exif or picture.metadata.xmp):
        encoder = {}  # libtiff, needed for compression, cannot write EXIF directories
    try:
        encoded.save(file, format_name, **encoder, **save_options(picture.metadata, format_name, written_colors))
    except (OSError, ValueError) as error:  # more pixels than the format can hold
        raise InputError(f"{name}: cannot be written as {format_name} ({error_text(error)}); use png") from error
    content = file.getvalue()
    return insert_chunks(content, color_space_chunks(picture.metadata, colors)) if format_name == "PNG" else content


def encode_16bit_tiff(picture: Picture) -> bytes:
    """Return the content of a 16-bit TIFF file with profile, resolution, XMP and the text tags of EXIF."""
    pixels, file = picture.pixels, BytesIO()
    channels = pixels.shape[2]
    tifffile.imwrite(file, pixels[:, :, 0] if channels == 1 else pixels, **tiff_options(picture.metadata, channels))
    return file.getvalue()


def tiff_options(metadata: Metadata, channels: int) -> dict[str, Any]:
    """Return tifffile's arguments for layout, compression, profile, resolution, XMP and the text tags of EXIF.

    Args:
        metadata: of the picture.
        channels: gray, gray and alpha, RGB, or RGB and alpha.
    """
    colors = 1 if channels < 3 else 3
    described = Image.Exif()
    described.load(metadata.exif or b"")
    tags: list[Any] = [(tag, "s", 0, value, True) for tag, value in described.items() if isinstance(value, str)]
    if metadata.xmp:
        tags.append((ExifTags.Base.XMLPacket, 1, len(metadata.xmp), metadata.xmp, True))
    options: dict[str, Any] = {"extrasamples": ["unassalpha"]} if channels > colors else {}
    if metadata.dpi is not None:
        options |= {"resolution": metadata.dpi, "resolutionunit": "inch"}
    return options | {
        "photometric": "rgb" if colors == 3 else "minisblack",
        "planarconfig": "contig" if channels > 1 else None,
        "compression": "adobe_deflate",
        "predictor": True,
        "iccprofile": matching_profile(metadata.icc, colors),
        "extratags": tags,
        "software": False,
        "metadata": None,
    }


def write_picture(path: Path | str, picture: Picture) -> None:
    """Write a file atomically, in the format of its suffix; parent folders are created.

    Raises:
        InputError: as `encode`, or the file cannot be written.
    """
    content = encode(picture, Path(path).suffix, str(path))
    save(Path(path), lambda file: file.write(content))
