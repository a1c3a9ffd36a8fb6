"""SRVGGNetCompact, the small networks of Real-ESRGAN."""

from collections.abc import Callable

from torch import Tensor, nn

from sr_lightning.generators.blocks import convolution
from sr_lightning.generators.interpolation import Interpolation


class Compact(nn.Module):
    """Convolutions and activations at low resolution, a pixel shuffle, and the nearest-neighbor enlargement added.

    Parameter names are those of the published weights.

    Source:
        SRVGGNetCompact of Real-ESRGAN, Wang et al. 2021, arXiv:2107.10833; realesr-animevideov3 has a depth of 16,
        realesr-general-x4v3 of 32.
    Args:
        width: features of every convolution but the last.
        depth: number of convolutions between the first and the last.
        scale: any positive integer.
        channels: of the image.
        activation: builds an activation from the number of features; the published networks have PReLU.
    Shape:
        (B, channels, H, W) in [0, 1] -> (B, channels, scale*H, scale*W), not clamped; any H, W >= 1.
    Raises:
        ValueError: a width, depth or scale below 1.
    """

    def __init__(
        self,
        width: int = 64,
        depth: int = 16,
        scale: int = 4,
        channels: int = 3,
        activation: Callable[[int], nn.Module] = nn.PReLU,
    ) -> None:
        super().__init__()
        if width < 1 or depth < 1:
            raise ValueError(f"width and depth must be at least 1, got {width} and {depth}")
        self.scale = scale
        self.channels = channels
        layers: list[nn.Module] = []
        for channels_in in [channels, *[width] * depth]:
            layers += [convolution(channels_in, width), activation(width)]
        self.skip = Interpolation("nearest", scale)
        self.body = nn.Sequential(*layers, convolution(width, scale**2 * channels))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, lr: Tensor) -> Tensor:
        return self.shuffle(self.body(lr)) + self.skip(lr)
