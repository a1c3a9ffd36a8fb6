"""Synthetic photographs and image files."""

from pathlib import Path

import numpy as np
from PIL import Image


def pixels(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return (height, width, 3) uint8: smooth colors, an edge and some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([np.sin(y / 5 + seed), np.cos(x / 7), np.sin((x + y) / 9)], axis=-1)
    image = 127 + 80 * waves + 40 * (x > width // 2)[..., None] + rng.normal(0, 4, (height, width, 3))
    return image.clip(0, 255).astype(np.uint8)


def save(path: Path, height: int, width: int, seed: int = 0) -> Path:
    """Write an image and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(height, width, seed)).save(path)
    return path


def folder(root: Path, count: int = 4, height: int = 40, width: int = 48) -> Path:
    """Write a folder of ``count`` PNG images of slightly different sizes."""
    for i in range(count):
        save(root / f"{i:02d}.png", height + 3 * i, width + 2 * i, seed=i)
    return root
