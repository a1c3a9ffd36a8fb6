"""What every metric of images shares: 8 bits, a border, one value for each image, their mean."""

from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning.ops.color import luma
from sr_lightning.ops.quantize import quantize


class ImageMetric(Metric):
    """The mean over images of a value measured on each image.

    A mean of errors over all pixels would weigh images by their size and bury the good ones under the worst; papers
    average the values of images. Before any images are seen the mean is nan.

    Args:
        border: pixels removed on each side before measuring; papers remove as many as the scale.
        space: maps RGB to what is measured, ``luma`` or ``rgb``.

    Raises:
        ValueError: the border is negative.
    """

    full_state_update = False
    is_differentiable = False  # images are rounded
    higher_is_better: bool
    total: Tensor
    count: Tensor

    def __init__(self, border: int = 0, space: Callable[[Tensor], Tensor] = luma) -> None:
        super().__init__()
        if border < 0:
            raise ValueError(f"border is a number of pixels, at least 0, got {border}")
        self.border = border
        self.space = space
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    @abstractmethod
    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        """The value of each image.

        Args:
            sr: the images to judge, RGB in [0, 1], (B, 3, H, W); values outside are clamped.
            hr: what they should be, of the same shape.

        Shape:
            (B,).

        Raises:
            ValueError: the shapes differ, or the images are too small.
        """

    def prepare(self, sr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
        """Both batches rounded to 8 bits, in the space of the metric, without the border; float64 in [0, 1].

        The result is rounded again, as MATLAB's ``rgb2ycbcr`` rounds the Y of an 8-bit image: papers measure that Y.
        PSNR-Y without this second rounding differs by up to 0.05 dB.

        Raises:
            ValueError: the shapes differ, are not (B, 3, H, W), or the border leaves nothing.
        """
        if sr.shape != hr.shape:
            raise ValueError(f"sr {tuple(sr.shape)} and hr {tuple(hr.shape)} must have the same shape")
        if sr.ndim != 4 or sr.shape[1] != 3:
            raise ValueError(f"images must be RGB (B, 3, H, W), got {tuple(sr.shape)}")
        height, width = sr.shape[-2:]
        if min(height, width) <= 2 * self.border:
            raise ValueError(f"a border of {self.border} pixels leaves nothing of an image of {height}x{width}")
        inside = (..., slice(self.border, height - self.border), slice(self.border, width - self.border))
        return quantize(self.space(quantize(sr[inside].double()))), quantize(self.space(quantize(hr[inside].double())))

    def update(self, sr: Tensor, hr: Tensor) -> None:
        """Count the images of a batch; `measure` says what is expected of them."""
        values = self.measure(sr, hr)
        self.total += values.sum(dtype=torch.float64)
        self.count += len(values)

    def compute(self) -> Tensor:
        """The mean over all images counted so far; nan if there were none."""
        return self.total / self.count

    def _apply(self, fn: Callable[[Tensor], Tensor], exclude_state: Sequence[str] = "") -> nn.Module:
        """The states follow a module to its device but not to its precision: bfloat16 would lose the sum."""
        return super()._apply(lambda state: state.to(fn(state).device), exclude_state)
