"""Interpolation baselines as generators without parameters."""

from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.ops import resize


class Interpolation(nn.Module):
    """Enlarge by nearest-neighbor, bilinear or MATLAB's bicubic interpolation.

    Args:
        mode: ``nearest``, ``bilinear`` or ``bicubic``.
        scale: any positive integer.
    Shape:
        (B, C, H, W) in [0, 1] -> (B, C, scale*H, scale*W); bicubic is not clamped.
    Raises:
        ValueError: an unknown mode, or a scale below 1.
    """

    def __init__(self, mode: str, scale: int) -> None:
        super().__init__()
        if mode not in ("nearest", "bilinear", "bicubic"):
            raise ValueError(f"mode must be nearest, bilinear or bicubic, got {mode!r}")
        if scale < 1:
            raise ValueError(f"scale must be at least 1, got {scale}")
        self.mode = mode
        self.scale = scale

    def forward(self, lr: Tensor) -> Tensor:
        if self.mode == "bicubic":
            return resize.bicubic(lr, self.scale)
        return F.interpolate(lr, scale_factor=self.scale, mode=self.mode)

    def extra_repr(self) -> str:
        return f"{self.mode}, scale={self.scale}"


class NoSkip(nn.Module):
    """Disable the skip connection of a generator by adding zero.

    Shape:
        any -> a scalar zero of the input's type and device.
    """

    def forward(self, lr: Tensor) -> Tensor:
        return lr.new_zeros(())
