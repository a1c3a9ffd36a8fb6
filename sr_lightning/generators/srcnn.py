"""SRCNN, the first convolutional network for super-resolution."""

from torch import Tensor, nn

from sr_lightning.generators.blocks import convolution
from sr_lightning.generators.interpolation import Interpolation


class SRCNN(nn.Module):
    """Three convolutions on the bicubic enlargement of the input.

    Source:
        Dong et al. 2014, arXiv:1501.00092. The paper processes Y only; here all channels are processed.
    Args:
        kernels: sizes of the three convolutions, 9-5-5 or 9-1-5 in the paper.
        widths: features after the first and the second convolution.
        scale: any positive integer.
        channels: of the image.
    Shape:
        (B, channels, H, W) in [0, 1] -> (B, channels, scale*H, scale*W), not clamped.
    """

    def __init__(
        self,
        kernels: tuple[int, int, int] = (9, 5, 5),
        widths: tuple[int, int] = (64, 32),
        scale: int = 4,
        channels: int = 3,
    ) -> None:
        super().__init__()
        first, second, third = kernels
        wide, narrow = widths
        self.scale = scale
        self.channels = channels
        self.enlarge = Interpolation("bicubic", scale)
        self.body = nn.Sequential(
            convolution(channels, wide, first),
            nn.ReLU(),
            convolution(wide, narrow, second),
            nn.ReLU(),
            convolution(narrow, channels, third),
        )

    def forward(self, lr: Tensor) -> Tensor:
        return self.body(self.enlarge(lr))
