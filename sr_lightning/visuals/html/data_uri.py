"""Images as data URIs, bounded in size."""

import base64
from io import BytesIO

from PIL import Image
from torch import Tensor

from sr_lightning.visuals.comparison import to_pillow

MEGAPIXELS = 12.0
"""Larger photographs are shrunk to this size; as WebP of quality 90 they take a few megabytes."""

LONGEST_SIDE = 16383  # of a WebP, in pixels


def within(width: int, height: int, megapixels: float = MEGAPIXELS) -> tuple[int, int]:
    """Return (width, height), shrunk in proportion to a number of megapixels and to the limits of WebP."""
    ratio = min(1.0, (megapixels * 1e6 / (width * height)) ** 0.5, LONGEST_SIDE / max(width, height))
    return max(1, int(width * ratio)), max(1, int(height * ratio))


def lossy(image: Tensor, size: tuple[int, int]) -> str:
    """Encode a photograph, resized to (width, height), as WebP of quality 90."""
    picture = to_pillow(image)
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return _encoded(picture, quality=90, method=4)


def lossless(image: Tensor) -> str:
    """Encode a crop as lossless WebP."""
    return _encoded(to_pillow(image), lossless=True)


def _encoded(picture: Image.Image, **options: object) -> str:
    buffer = BytesIO()
    picture.save(buffer, "WEBP", **options)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
