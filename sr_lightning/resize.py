"""MATLAB's ``imresize(…, "bicubic")``, the resize behind every published super-resolution number."""

import torch
from torch import Tensor
from torch.nn import functional as F

KERNEL_RADIUS = 2  # of the cubic kernel, in pixels of the coarser grid


def mirror(length: int, pad: int, device: torch.device | None = None) -> Tensor:
    """Indices that extend ``0 … length-1`` by ``pad`` on both sides, edge pixels repeated (…1 0 | 0 1 …).

    Shape:
        (length + 2 * pad,); any pad, also one longer than the image.
    """
    position = torch.arange(-pad, length + pad, device=device) % (2 * length)
    return torch.minimum(position, 2 * length - 1 - position)


def bicubic(image: Tensor, scale: float) -> Tensor:
    """Resize by an integer factor, or by one over an integer, as MATLAB's imresize does.

    The interior of ``interpolate(antialias=True)`` is MATLAB's; its border is not, so the image is first mirrored by
    whole output pixels, which are cut off again. Values may leave the input's range (bicubic overshoots): clamp after.

    Args:
        image: any float type and device; differentiable.
        scale: 2, 3, 4, 8, 1/2, 1/4 …
    Shape:
        (B, C, H, W) -> (B, C, scale*H, scale*W); H and W must be multiples of 1/scale.
    Raises:
        ValueError: a scale that is neither an integer nor one over an integer, or a size that it does not divide.
    """
    if scale == 1:
        return image
    factor = round(max(scale, 1 / scale))
    if factor < 1 or min(abs(scale - factor), abs(scale - 1 / factor)) > 1e-9:
        raise ValueError(f"scale must be an integer or one over an integer, got {scale}")
    height, width = image.shape[-2:]
    shrink = scale < 1
    if shrink and (height % factor or width % factor):
        raise ValueError(f"{height}x{width} pixels cannot be divided by {factor}: crop the image to a multiple first")
    pad = (KERNEL_RADIUS + 1) * (factor if shrink else 1)
    image = image.index_select(-2, mirror(height, pad, image.device)).index_select(-1, mirror(width, pad, image.device))
    size = [n // factor if shrink else n * factor for n in image.shape[-2:]]
    cut = pad // factor if shrink else pad * factor
    with torch.autocast(image.device.type, enabled=False):
        resized = F.interpolate(image, size=size, mode="bicubic", antialias=True)
    return resized[..., cut:-cut, cut:-cut]
