"""Unsharp masking, applied to Real-ESRGAN's training targets."""

from functools import lru_cache

import torch
from torch import Tensor

from sr_lightning.ops.filtering import separable_filter2d

SIZE, SIGMA = 51, 8.0  # Gaussian, in pixels; OpenCV derives this sigma from the size
WEIGHT, THRESHOLD = 0.5, 10 / 255


def unsharp_mask(image: Tensor) -> Tensor:
    """Sharpen by adding half the detail (image minus Gaussian blur) where it exceeds 10 of 255 levels.

    The mask of these pixels is blurred too. Clamped to [0, 1]; computed in float32 even under autocast; edges are
    mirrored.

    Source:
        Real-ESRGAN, arXiv:2107.10833, sec. 4.1, with radius, weight and threshold of its published code.
    Shape:
        (B, C, H, W) in [0, 1] -> the same; any size.
    """
    with torch.autocast(image.device.type, enabled=False):
        image = image.float()
        kernel = gaussian_kernel(image.device)
        detail = image - separable_filter2d(image, kernel)
        mask = separable_filter2d((detail.abs() > THRESHOLD).float(), kernel)
        return torch.lerp(image, (image + WEIGHT * detail).clamp(0, 1), mask)


@lru_cache(maxsize=8)
def gaussian_kernel(device: torch.device) -> Tensor:
    """Return the 1D Gaussian on a device, cached. Shape: (SIZE,).

    It is created outside inference mode, so that a cached tensor can be used in training later.
    """
    from kornia.filters import get_gaussian_kernel1d  # here because kornia is slow to import

    with torch.inference_mode(False):
        return get_gaussian_kernel1d(SIZE, SIGMA)[0].to(device)
