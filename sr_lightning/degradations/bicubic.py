"""Bicubic downscaling, the degradation of the standard benchmarks."""

from collections.abc import Sequence

from torch import Tensor, nn

from sr_lightning.degradations.random_draws import Record, SampleKey
from sr_lightning.degradations.stage import check_hr
from sr_lightning.ops import resize
from sr_lightning.ops.quantize import quantize


class Bicubic(nn.Module):
    """Downscale with MATLAB's bicubic kernel, clamp and round to 8 bits, as if the LR images were stored as PNG files.

    Args:
        scale: HR size over LR size.
    Shape:
        hr (B, C, s*h, s*w) in [0, 1] -> lr (B, C, h, w) in [0, 1], rounded to 8 bits.
    Raises:
        ValueError: as `check_hr`.
    """

    is_random = False

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def draw(self, keys: Sequence[SampleKey]) -> list[Record]:
        """Return an empty record for each sample."""
        return [{} for _ in keys]

    def forward(self, hr: Tensor, records: Sequence[Record]) -> Tensor:
        return quantize(resize.bicubic(check_hr(hr), 1 / self.scale))
