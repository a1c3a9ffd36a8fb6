"""Unsharp masking, by which Real-ESRGAN sharpens what its network is trained towards."""

from functools import lru_cache

import torch
from torch import Tensor

from sr_lightning.ops.filtering import separable

SIZE, SIGMA = 51, 8.0  # of the Gaussian, in pixels; the width is what OpenCV gives to so many
WEIGHT, THRESHOLD = 0.5, 10 / 255


def unsharp(image: Tensor) -> Tensor:
    """Add half of what a wide Gaussian takes away, where that is more than 10 of 255 levels; clamped to [0, 1].

    In float32 also under autocast. Edges are mirrored.

    Source:
        Real-ESRGAN, arXiv:2107.10833, sec. 4.1, with radius, weight and threshold of its published code.
    Shape:
        (B, C, H, W) in [0, 1] -> the same; any size.
    """
    with torch.autocast(image.device.type, enabled=False):
        image = image.float()
        gaussian = line(image.device)
        detail = image - separable(image, gaussian)
        share = separable((detail.abs() > THRESHOLD).float(), gaussian)
        return torch.lerp(image, (image + WEIGHT * detail).clamp(0, 1), share)


@lru_cache(maxsize=8)
def line(device: torch.device) -> Tensor:
    """The Gaussian's weights, (SIZE,), copied once to each device; good for gradients also if inference asks first."""
    with torch.inference_mode(False):
        offset = torch.arange(SIZE, dtype=torch.float32) - SIZE // 2
        weights = torch.exp(-(offset**2) / (2 * SIGMA**2))
        return (weights / weights.sum()).to(device)
