"""Pixels for tests of RGB files."""

import numpy as np

GRAYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def picture(height: int, width: int) -> np.ndarray:
    """Return a smooth image with little noise, which compresses like a photograph."""
    ramp = np.add.outer(3 * np.arange(height), 2 * np.arange(width))[..., None] + np.array([0, 20, 40])
    return (ramp + noise(height, width) % 30).clip(0, 255).astype(np.uint8)
