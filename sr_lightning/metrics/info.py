"""Title, unit, digits and direction of a metric, for tables and figures."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class MetricInfo:
    """Name, direction, precision and unit of a metric.

    Args:
        key: in configurations, logs and files, such as ``psnr_y``.
        title: for readers, such as ``PSNR-Y``.
        better: direction of better values; None if unknown.
        digits: after the decimal point.
        unit: such as ``dB``; empty for none.
    """

    key: str
    title: str
    better: Literal["higher", "lower"] | None = None
    digits: int = 3
    unit: str = ""

    @property
    def heading(self) -> str:
        """Title with the unit, such as ``PSNR-Y (dB)``."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def text(self, value: float) -> str:
        """Return the rounded value with its unit, such as ``26.49 dB``."""
        return f"{value:.{self.digits}f} {self.unit}".rstrip()
