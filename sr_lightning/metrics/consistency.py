"""Whether an image still shows what the low-resolution one showed: invented detail must not move shapes or colours."""

import torch
from torch import Tensor

from sr_lightning.metrics.base import ImageMetric
from sr_lightning.ops.color import rgb
from sr_lightning.ops.resize import bicubic


class LRConsistency(ImageMetric):
    """PSNR in dB between sr and hr after both are shrunk to the low resolution; at most 100.

    Detail that a GAN invents above the low resolution's limit costs nothing here, a shifted edge or colour does.

    Args:
        scale: factor to shrink by.
    """

    higher_is_better = True

    def __init__(self, scale: int) -> None:
        super().__init__(border=0, space=rgb)
        self.scale = scale

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        error = bicubic(sr - hr, 1 / self.scale).square().mean((1, 2, 3))
        return (-10 * error.log10()).clamp(max=100)


class ColourShift(ImageMetric):
    """Largest difference between the channels' means of sr and of hr, in levels of 255."""

    higher_is_better = False

    def __init__(self) -> None:
        super().__init__(border=0, space=rgb)

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, hr = self.prepare(sr, hr)
        return 255 * torch.amax((sr - hr).mean((2, 3)).abs(), dim=1)
