"""Limits of output formats, checked before any expensive work."""

import numpy as np

from sr_lightning.errors import InputError
from sr_lightning.image.color_space import is_srgb
from sr_lightning.image.formats import DEEP, ENCODERS, LARGEST_BMP, LARGEST_SIDE, OPAQUE
from sr_lightning.image.metadata import save_options
from sr_lightning.image.picture import Picture

TIFF_LOSS = "EXIF data other than texts cannot be kept in this TIFF; png keeps them"
"""Loss of a TIFF of 16 bits, and of one that is written in bands."""


def check_writable_as(picture: Picture, suffix: str, height: int, width: int, name: str = "picture") -> None:
    """Check that a format can hold a picture after it is resized.

    Args:
        picture: before resizing.
        suffix: of the output.
        height: of the output, in pixels.
        width: of the output, in pixels.
        name: used in messages.
    Raises:
        InputError: the format cannot be written, or cannot hold the picture's transparency or size.
    """
    if suffix.lower() not in ENCODERS:
        raise InputError(f"{name}: cannot be written as {suffix!r}; use {', '.join(ENCODERS)}")
    format_name = ENCODERS[suffix.lower()][0]
    largest = LARGEST_SIDE[format_name]
    if max(height, width) > largest:
        raise InputError(
            f"{name}: cannot be written as {format_name} ({width}x{height} pixels, at most {largest} in each "
            "direction); use png"
        )
    if format_name == "BMP" and height * (width * 3 + 3) > LARGEST_BMP:
        raise InputError(f"{name}: cannot be written as BMP ({width}x{height} pixels exceed 4 GB); use png")
    if format_name in OPAQUE and is_transparent(picture):
        raise InputError(f"{name}: {format_name} cannot hold its transparency; use png, webp or tif")


def is_transparent(picture: Picture) -> bool:
    """Return True if a pixel is not opaque."""
    pixels = picture.pixels
    return pixels.shape[2] % 2 == 0 and bool((pixels[:, :, -1] != np.iinfo(pixels.dtype).max).any())


def losses(picture: Picture, suffix: str) -> list[str]:
    """Return descriptions of what is lost when a picture is written; empty if nothing that is visible is lost.

    Args:
        picture: to be written.
        suffix: of a format that can be written.
    """
    format_name, metadata = ENCODERS[suffix.lower()][0], picture.metadata
    lost = []
    if picture.depth == 16 and format_name not in DEEP:
        lost.append(f"16 bits are rounded to 8 in {format_name}; png and tif keep them")
    if metadata.icc and (format_name == "BMP" or (format_name == "WEBP" and picture.pixels.shape[2] < 3)):
        lost.append(f"color profile cannot be kept in {format_name}; png keeps it")
    colors = 1 if picture.pixels.shape[2] < 3 else 3
    kept = save_options(metadata, format_name, colors)
    if metadata.exif and format_name == "TIFF" and picture.depth == 16:
        lost.append(TIFF_LOSS)
    for name, value, is_kept in (
        ("EXIF data", metadata.exif, "exif" in kept),
        ("XMP data", metadata.xmp, "xmp" in kept or format_name in ("PNG", "TIFF")),
        ("PNG texts", metadata.text, format_name == "PNG"),
    ):
        if value and not is_kept:
            lost.append(f"{name} cannot be kept in {format_name}; png keeps them")
    if format_name != "PNG" and not metadata.icc and not is_srgb(metadata.color_space):
        lost.append(
            f"definition of colors ({', '.join(metadata.color_space)}) cannot be kept in {format_name}; png keeps it"
        )
    return lost
