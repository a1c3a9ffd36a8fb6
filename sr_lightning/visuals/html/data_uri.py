"""Images as they stand inside a page: encoded, bounded, and as text."""

import base64
from io import BytesIO

from PIL import Image
from torch import Tensor

from sr_lightning.visuals.comparison import drawn

MEGAPIXELS = 12.0
"""A larger photograph is shrunk to this many pixels; WebP of quality 90 then takes a few megabytes."""

LONGEST_SIDE = 16383  # of a WebP


def within(width: int, height: int, megapixels: float = MEGAPIXELS) -> tuple[int, int]:
    """(width, height) shrunk, in proportion, to a number of pixels and to what WebP can hold."""
    ratio = min(1.0, (megapixels * 1e6 / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))
    return max(1, int(width * ratio)), max(1, int(height * ratio))


def lossy(image: Tensor, size: tuple[int, int]) -> str:
    """A photograph of (width, height) pixels, WebP of quality 90, as a data URI."""
    picture = drawn(image)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return _encoded(picture, quality=90, method=4)


def lossless(image: Tensor) -> str:
    """A crop, every pixel as it is, as a data URI."""
    return _encoded(drawn(image), lossless=True)


def _encoded(picture: Image.Image, **options: object) -> str:
    buffer = BytesIO()
    picture.save(buffer, "WEBP", **options)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
