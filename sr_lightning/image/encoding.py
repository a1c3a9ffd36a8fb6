"""Pictures to image files: as much of a picture as the format can hold, and never less without a word."""

import logging
from io import BytesIO
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import ExifTags, Image

from sr_lightning.errors import InputError
from sr_lightning.image import rgb
from sr_lightning.image.metadata import HEADER, fitting, options, png_chunks
from sr_lightning.image.picture import Picture
from sr_lightning.ops.quantize import to_eight_bit

log = logging.getLogger(__name__)

_MODES = ("L", "LA", "RGB", "RGBA")
_OPAQUE = ("JPEG", "BMP")


def suffix_for(suffix: str) -> str:
    """The suffix itself, in lower case, if it can be written; PNG's for other image files (GIF, PPM …)."""
    return suffix.lower() if suffix.lower() in rgb.ENCODERS else ".png"


def same_suffix(content: bytes) -> str:
    """The suffix of the format that a file's content has, PNG's for those that are not written."""
    with rgb.opened("picture", content) as file:
        return next((suffix for suffix, (name, _) in rgb.ENCODERS.items() if name == file.format), ".png")


def encode(picture: Picture, suffix: str, name: str = "picture") -> bytes:
    """Content of a file with such a suffix.

    PNG and TIFF keep 16 bits, other formats round to 8. A 16-bit TIFF keeps of the EXIF only what plain text tags hold.

    Raises:
        InputError: the format cannot hold the picture's transparency, or so many pixels, or is none of those written.
    """
    if suffix.lower() not in rgb.ENCODERS:
        raise InputError(f"{name}: cannot be written as {suffix!r}; use {', '.join(rgb.ENCODERS)}")
    format_name, encoder = rgb.ENCODERS[suffix.lower()]
    pixels, colours = picture.pixels, 1 if picture.pixels.shape[2] < 3 else 3
    if pixels.shape[2] > colours and format_name in _OPAQUE:
        if (pixels[:, :, -1] != np.iinfo(pixels.dtype).max).any():
            raise InputError(f"{name}: {format_name} cannot hold its transparency; use png, webp or tif")
        pixels = pixels[:, :, :-1]
    if picture.depth == 16:
        if format_name == "PNG":
            content = bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))
            return content[:HEADER] + png_chunks(picture.metadata, colours) + content[HEADER:]
        if format_name == "TIFF":
            return deep_tiff(picture)
        pixels = to_eight_bit(pixels)
    file = BytesIO()
    flat = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    encoded = Image.fromarray(np.ascontiguousarray(flat), _MODES[pixels.shape[2] - 1])
    written_colours = 3 if format_name == "WEBP" else colours  # WebP has no grey
    if format_name == "TIFF" and (picture.metadata.exif or picture.metadata.xmp):
        encoder = {}  # libtiff, which compresses, cannot write EXIF's own directories
    try:
        encoded.save(file, format_name, **encoder, **options(picture.metadata, format_name, written_colours))
    except (OSError, ValueError) as error:  # more pixels than the format can hold
        raise InputError(f"{name}: cannot be written as {format_name} ({rgb.reason(error)}); use png") from error
    return file.getvalue()


def deep_tiff(picture: Picture) -> bytes:
    """A 16-bit TIFF file."""
    pixels, metadata = picture.pixels, picture.metadata
    colours = 1 if pixels.shape[2] < 3 else 3
    described = Image.Exif()
    described.load(metadata.exif or b"")
    tags: list[Any] = [(tag, "s", 0, value, True) for tag, value in described.items() if isinstance(value, str)]
    if metadata.xmp:
        tags.append((ExifTags.Base.XMLPacket, 1, len(metadata.xmp), metadata.xmp, True))
    arguments: dict[str, Any] = {"extrasamples": ["unassalpha"]} if pixels.shape[2] > colours else {}
    if metadata.dpi is not None:
        arguments |= {"resolution": metadata.dpi, "resolutionunit": "inch"}
    file = BytesIO()
    tifffile.imwrite(
        file,
        pixels[:, :, 0] if pixels.shape[2] == 1 else pixels,
        photometric="rgb" if colours == 3 else "minisblack",
        planarconfig="contig" if pixels.shape[2] > 1 else None,
        compression="adobe_deflate",
        predictor=True,
        iccprofile=fitting(metadata.icc, colours),
        extratags=tags,
        software=False,
        metadata=None,
        **arguments,
    )
    return file.getvalue()


def write_picture(path: Path | str, picture: Picture) -> None:
    """Write a file, the whole or none, in the format that its suffix names; parent folders are made.

    Raises:
        InputError: as ``encode``, or the file cannot be written.
    """
    content = encode(picture, Path(path).suffix, str(path))
    rgb.save(Path(path), lambda file: file.write(content))
