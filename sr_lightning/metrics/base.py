"""Base class of image metrics: 8-bit rounding, border removal, one value per image, mean over images."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor
from torchmetrics import Metric

from sr_lightning.metrics.info import MetricInfo
from sr_lightning.ops.color import luma
from sr_lightning.ops.quantize import quantize
from sr_lightning.ops.value_range import to_unit_range
from sr_lightning.system.torch_compat import Conversion, ConversionHook

DIVERGED = 7  # how far values of sr may lie outside of [0, 1]: outputs of a diverging network are clamped


class ImageMetric(ConversionHook, Metric):
    """Mean over images of a value measured per image, as papers report; nan before the first image.

    A subclass implements `measure` and declares the class attributes below.

    Args:
        border: pixels removed on each side before measuring; papers remove as many as the scale.
        space: color conversion before measuring, ``luma`` or ``rgb``.

    Attributes:
        title: for tables and figures, such as ``NIQE``.
        unit: such as ``dB``; empty for none.
        digits: after the decimal point in tables.
        higher_is_better: direction of better values; the best checkpoint is selected by it.

    Raises:
        ValueError: the border is negative.
        TypeError: the class does not declare ``higher_is_better``.
    """

    title: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    digits: ClassVar[int] = 3

    full_state_update = False
    is_differentiable = False  # images are rounded
    higher_is_better: bool
    total: Tensor
    count: Tensor

    def __init__(self, border: int = 0, space: Callable[[Tensor], Tensor] = luma) -> None:
        super().__init__()
        if not isinstance(self.higher_is_better, bool):
            raise TypeError(f"the class {type(self).__name__} must declare higher_is_better = True or False")
        if border < 0:
            raise ValueError(f"border must be at least 0 pixels, got {border}")
        self.border = border
        self.space = space
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    @classmethod
    def info(cls, key: str, **options: Any) -> MetricInfo:
        """Return title, unit, digits and direction for tables.

        Args:
            key: of the metric in the configuration.
            **options: arguments of the constructor, as configured; the metric is not built.
        """
        better = {True: "higher", False: "lower"}.get(getattr(cls, "higher_is_better", None))  # type: ignore[arg-type]
        return MetricInfo(key, cls.label(**options) or key, better, cls.digits, cls.unit)  # type: ignore[arg-type]

    @classmethod
    def label(cls, **options: Any) -> str:
        """Return the title of a configured metric; override it where arguments change what is measured."""
        return cls.title

    @abstractmethod
    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Measure each image of a batch.

        Args:
            sr: super-resolved RGB images, (B, 3, H, W): uint8, or floating point in [0, 1]; values somewhat outside are
                clamped, and NaN gives nan.
            hr: reference images of the same shape.

        Shape:
            (B,).

        Raises:
            ValueError: the shapes differ, the images are too small, another data type, or values in another range
                such as [0, 255].
        """

    def prepare(self, sr: Tensor, hr: Tensor) -> tuple[Tensor, Tensor]:
        """Round both batches to 8 bits, convert them to the metric's color space and remove the border.

        The converted values are rounded again, as MATLAB's ``rgb2ycbcr`` rounds the Y of an 8-bit image. PSNR-Y without
        the second rounding differs by up to 0.05 dB from the values in papers.

        Shape:
            (B, C, H - 2 * border, W - 2 * border) float64 in [0, 1]

        Raises:
            ValueError: the shapes differ, are not (B, 3, H, W), or the border leaves nothing; another data type or
                range of values; NaN in hr.
        """
        if sr.shape != hr.shape:
            raise ValueError(f"sr {tuple(sr.shape)} and hr {tuple(hr.shape)} must have the same shape")
        if sr.ndim != 4 or sr.shape[1] != 3:
            raise ValueError(f"images must be RGB (B, 3, H, W), got {tuple(sr.shape)}")
        height, width = sr.shape[-2:]
        if min(height, width) <= 2 * self.border:
            raise ValueError(f"a border of {self.border} pixels leaves nothing of an image of {width}x{height}")
        sr, hr = to_unit_range(sr, "sr", DIVERGED, allow_nan=True), to_unit_range(hr, "hr")
        inside = (..., slice(self.border, height - self.border), slice(self.border, width - self.border))
        return quantize(self.space(quantize(sr[inside].double()))), quantize(self.space(quantize(hr[inside].double())))

    def update(self, sr: Tensor, hr: Tensor) -> None:
        """Add the images of a batch to the mean; see `measure` for shapes and errors."""
        values = self.measure(sr, hr)
        self.total += values.sum(dtype=torch.float64)
        self.count += len(values)

    def compute(self) -> Tensor:
        """Return the mean over all images so far; nan without any."""
        return self.total / self.count

    def conversion(self, convert: Conversion) -> Conversion:
        """Move the states to the module's device, but keep their precision: bfloat16 would lose the sum."""
        return lambda state: state.to(convert(state).device)
