"""The classical degradation: every published fidelity number rests on it."""

from torch import Tensor, nn

from sr_lightning.ops import resize
from sr_lightning.ops.quantize import eight_bit


class Bicubic(nn.Module):
    """Shrinks by MATLAB's bicubic, clamps, and rounds to 8 bits, as low-resolution PNG files would be.

    Args:
        scale: factor between hr and lr.
    Shape:
        hr (B, C, s*h, s*w) in [0, 1] -> lr (B, C, h, w) in [0, 1], hr.
    """

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, hr: Tensor) -> tuple[Tensor, Tensor]:
        return eight_bit(resize.bicubic(hr, 1 / self.scale)), hr
