"""MATLAB's bicubic ``imresize``, the resize used for published super-resolution results."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

KERNEL_RADIUS = 2  # in pixels of the coarser grid


def mirror(length: int, pad: int, device: torch.device | None = None) -> Tensor:
    """Return indices for symmetric padding, in which edge pixels are repeated (… 1 0 | 0 1 …).

    Shape:
        (length + 2 * pad,); the padding may be longer than the image.
    """
    position = torch.arange(-pad, length + pad, device=device) % (2 * length)
    return torch.minimum(position, 2 * length - 1 - position)


def bicubic(image: Tensor, scale: float) -> Tensor:
    """Resize by an integer or the inverse of an integer, as MATLAB's imresize does.

    ``interpolate(antialias=True)`` equals MATLAB in the interior but not at the border, so the image is first padded
    symmetrically and the result cropped. The result is not clamped: bicubic overshoots.

    Args:
        image: any float type and device; differentiable.
        scale: 2, 3, 4, 8, 1/2, 1/4 …
    Shape:
        (B, C, H, W) -> (B, C, scale*H, scale*W); H and W must be multiples of 1/scale.
    Raises:
        ValueError: another scale, or a size that it does not divide.
    """
    if scale == 1:
        return image
    factor = round(max(scale, 1 / scale))
    if factor < 1 or min(abs(scale - factor), abs(scale - 1 / factor)) > 1e-9:
        raise ValueError(f"scale must be an integer or the inverse of an integer, got {scale}")
    height, width = image.shape[-2:]
    shrink = scale < 1
    if shrink and (height % factor or width % factor):
        raise ValueError(f"{width}x{height} pixels cannot be divided by {factor}: crop the image to a multiple first")
    pad = (KERNEL_RADIUS + 1) * (factor if shrink else 1)
    image = image.index_select(-2, mirror(height, pad, image.device)).index_select(-1, mirror(width, pad, image.device))
    size = [n // factor if shrink else n * factor for n in image.shape[-2:]]
    cut = pad // factor if shrink else pad * factor
    with torch.autocast(image.device.type, enabled=False):
        resized = F.interpolate(image, size=size, mode="bicubic", antialias=True)
    return resized[..., cut:-cut, cut:-cut]


def bicubic_to(image: Tensor, height: int, width: int) -> Tensor:
    """Resize to any size as MATLAB's ``imresize(image, [height width])`` does.

    Slower than ``bicubic``: it makes one pass over the result per kernel tap.

    Args:
        image: any float type and device; differentiable.
    Shape:
        (..., H, W) -> (..., height, width); not clamped.
    Raises:
        ValueError: a size below 1.
    """
    if min(height, width) < 1:
        raise ValueError(f"the size must be at least 1x1, got {width}x{height}")
    return _resize_axis(_resize_axis(image, -2, height), -1, width)


def _resize_axis(image: Tensor, dim: int, length: int) -> Tensor:
    """Resize along one dimension."""
    old = image.shape[dim]
    if old == length:
        return image
    stretch = max(1.0, old / length)
    centers = (torch.arange(length, dtype=torch.float64) + 0.5) * old / length - 0.5
    reach = math.ceil(KERNEL_RADIUS * stretch) + 1
    taps = centers.floor().long() + torch.arange(-reach, reach + 1)[:, None]  # (taps, length)
    weights = cubic_kernel((centers - taps) / stretch)
    weights = (weights / weights.sum(0)).to(image)
    sources = mirror(old, reach + 1, image.device)[taps.to(image.device) + reach + 1]
    shape = [-1 if d == dim % image.ndim else 1 for d in range(image.ndim)]
    resized = image.index_select(dim, sources[0]) * weights[0].view(shape)
    for source, weight in zip(sources[1:], weights[1:], strict=True):
        resized = resized.addcmul_(image.index_select(dim, source), weight.view(shape))
    return resized


def cubic_kernel(x: Tensor) -> Tensor:
    """Evaluate the cubic kernel with a = -1/2 at distances x from its center, in pixels (Keys 1981)."""
    x = x.abs()
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x <= 1, near, torch.where(x <= 2, far, 0))
