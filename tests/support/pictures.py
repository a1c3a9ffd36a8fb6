"""Pixels, files and a color profile for tests of pictures."""

import io

import numpy as np
from PIL import Image, ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(channels: int, depth: int, height: int = 6, width: int = 5) -> np.ndarray:
    return np.random.default_rng(channels).integers(0, 2**depth, (height, width, channels)).astype(f"u{depth // 8}")


def saved(pixels: np.ndarray | Image.Image, format_name: str, **options: object) -> bytes:
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, format_name, **options)
    return file.getvalue()
