"""Agreement of an output with its low-resolution input: invented detail must not move edges or colors."""

import torch
from torch import Tensor

from sr_lightning.metrics.base import ImageMetric
from sr_lightning.ops.color import rgb
from sr_lightning.ops.resize import bicubic


class LRConsistency(ImageMetric):
    """PSNR in dB between sr and hr after bicubic downscaling to the low resolution; at most 100.

    Detail above the low resolution's Nyquist limit does not count; shifted edges and colors do.

    Args:
        scale: downscaling factor.
    """

    title, unit, digits = "LR consistency", "dB", 2
    higher_is_better = True

    def __init__(self, scale: int) -> None:
        super().__init__(border=0, space=rgb)
        self.scale = scale

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        error = bicubic(sr - hr, 1 / self.scale).square().mean((1, 2, 3))
        return (-10 * error.log10()).clamp(max=100)


class ColorShift(ImageMetric):
    """Largest absolute difference between the channel means of sr and hr, in 8-bit levels."""

    title, unit, digits = "Color shift", "of\u00a0255", 2
    higher_is_better = False

    def __init__(self) -> None:
        super().__init__(border=0, space=rgb)

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        return 255 * torch.amax((sr - hr).mean((2, 3)).abs(), dim=1)
