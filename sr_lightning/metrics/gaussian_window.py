"""Gaussian-weighted local means, for SSIM and NIQE."""

import torch
from torch import Tensor
from torch.nn import functional as F


def local_mean(image: Tensor, size: int, sigma: float) -> Tensor:
    """Return the mean under a Gaussian window of size x size pixels, for windows inside the image.

    Separable: vertical, then horizontal.

    Args:
        image: (B, C, H, W), floating point.
        size: side of the window in pixels, odd.
        sigma: standard deviation of the window in pixels.

    Shape:
        (B, C, H - size + 1, W - size + 1).
    """
    offsets = torch.arange(size, dtype=image.dtype, device=image.device) - size // 2
    window = torch.exp(-(offsets**2) / (2 * sigma**2))
    window = (window / window.sum()).expand(image.shape[1], 1, 1, size)
    image = F.conv2d(image, window.mT, groups=image.shape[1])
    return F.conv2d(image, window, groups=image.shape[1])
