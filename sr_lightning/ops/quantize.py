"""Conversion between floating-point images in [0, 1] and 8 bits."""

import numpy as np
import torch
from torch import Tensor


def to_uint8(image: Tensor) -> Tensor:
    """Clamp to [0, 1], multiply by 255 and round to uint8. Any shape; NaN gives an undefined value.

    Raises:
        ValueError: the tensor is not floating point.
    """
    if not image.is_floating_point():
        raise ValueError(f"to_uint8 takes a floating-point image in [0, 1], not {image.dtype}")
    return image.float().clamp(0, 1).mul(255).round().to(torch.uint8)  # bfloat16 cannot represent 256 levels


def from_uint8(image: Tensor) -> Tensor:
    """Convert uint8 to float32 in [0, 1]. Any shape."""
    return image.float().div(255)


def quantize(image: Tensor) -> Tensor:
    """Clamp to [0, 1] and round to 256 levels, as writing and reading an 8-bit file does; the type is kept."""
    return image.clamp(0, 1).mul(255).round().div(255)


def uint16_to_uint8(pixels: np.ndarray) -> np.ndarray:
    """Convert uint16 v to uint8 round(v / 257). Any shape."""
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
