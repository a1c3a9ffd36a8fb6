"""Read the header of an image file."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sr_lightning.errors import InputError
from sr_lightning.image.files import input_errors, open_image
from sr_lightning.image.orientation import pending_orientation
from sr_lightning.image.tiff import MAGIC, tiff_size


@dataclass(frozen=True)
class Header:
    """Size as displayed, in pixels, and bits per channel, 8 or 16."""

    height: int
    width: int
    depth: int


def read_header(path: Path | str) -> Header:
    """Read the header of a file, not its pixels.

    Raises:
        InputError: the file cannot be opened or is not an image.
    """
    try:
        with open_image(path) as image:
            width, height = image.size
            depth = 16 if has_16_bits(image) else 8
            return Header(width, height, depth) if pending_orientation(image) > 4 else Header(height, width, depth)
    except InputError:
        with input_errors(path):
            with Path(path).open("rb") as file:
                is_tiff = file.read(4) in MAGIC
            if not is_tiff:
                raise
            return Header(*tiff_size(str(path)), 16)  # a layout that only tifffile reads


def size(path: Path | str) -> tuple[int, int]:
    """Return (height, width) as displayed, reading the header only.

    Raises:
        InputError: as `read_header`.
    """
    header = read_header(path)
    return header.height, header.width


def has_16_bits(image: Image.Image) -> bool:
    """Return True if an opened image has more than 8 bits per channel."""
    if image.mode.startswith(("I", "F")):
        return True
    tiles = getattr(image, "tile", [])  # how Pillow will decode the pixels
    arguments = tiles[0][3] if tiles else ()
    if image.format == "PPM" and isinstance(arguments, tuple):
        return any(isinstance(value, int) and value > 255 for value in arguments)
    return ";16" in str(arguments)
