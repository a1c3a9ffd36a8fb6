"""Rounding of images to 8 bits."""

import numpy as np
import torch
from torch import Tensor


def to_uint8(image: Tensor) -> Tensor:
    """For a file: clamp to [0, 1], times 255, round to nearest. Any shape; NaN has no meaning here.

    Raises:
        ValueError: the tensor is not floating point.
    """
    if not image.is_floating_point():
        raise ValueError(f"to_uint8 takes a floating-point image in [0, 1], not {image.dtype}")
    return image.float().clamp(0, 1).mul(255).round().to(torch.uint8)  # float(): 255 steps are too fine for bfloat16


def eight_bit(image: Tensor) -> Tensor:
    """What an 8-bit file would give back: clamped to [0, 1], rounded to the nearest of 256 levels, of the same type."""
    return image.clamp(0, 1).mul(255).round().div(255)


def to_eight_bit(pixels: np.ndarray) -> np.ndarray:
    """uint16 v -> uint8 round(v / 257)."""
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
