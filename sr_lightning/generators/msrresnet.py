"""BasicSR's variant of SRResNet."""

from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.generators.blocks import convolution, initialize
from sr_lightning.generators.interpolation import Interpolation

FACTORS = {2: [2], 3: [3], 4: [2, 2]}


class PlainBlock(nn.Module):
    """Residual block without norm: convolution, ReLU, convolution, plus the input (EDSR, arXiv:1707.02921, Fig. 2).

    Shape:
        (B, channels, H, W) -> the same.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = convolution(channels, channels)
        self.conv2 = convolution(channels, channels)
        for layer in (self.conv1, self.conv2):
            initialize(layer, 0.1)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.conv2(F.relu(self.conv1(features)))


class MSRResNet(nn.Module):
    """SRResNet without batch norm, with the bilinear enlargement of the input instead of the long skip.

    Parameter names are those of the published weights.

    Source:
        MSRResNet of BasicSR, after SRResNet, Ledig et al. 2017, arXiv:1609.04802.
    Args:
        width: features.
        depth: number of blocks.
        scale: 2, 3 or 4.
        channels: of the image.
    Shape:
        (B, channels, H, W) in [0, 1] -> (B, channels, scale*H, scale*W), not clamped; any H, W >= 1.
    Raises:
        ValueError: an unsupported scale, or a width or depth below 1.
    """

    def __init__(self, width: int = 64, depth: int = 16, scale: int = 4, channels: int = 3) -> None:
        super().__init__()
        if scale not in FACTORS:
            raise ValueError(f"scale must be one of {', '.join(map(str, FACTORS))}, got {scale}")
        if width < 1 or depth < 1:
            raise ValueError(f"width and depth must be at least 1, got {width} and {depth}")
        self.scale = scale
        self.channels = channels
        self.conv_first = convolution(channels, width)
        self.body = nn.Sequential(*(PlainBlock(width) for _ in range(depth)))
        self.factors = FACTORS[scale]
        for step, factor in enumerate(self.factors, 1):
            self.add_module(f"upconv{step}", convolution(width, factor**2 * width))
        self.conv_hr = convolution(width, width)
        self.conv_last = convolution(width, channels)
        self.activate = nn.LeakyReLU(0.1)
        self.skip = Interpolation("bilinear", scale)
        for layer in self.children():
            if isinstance(layer, nn.Conv2d):
                initialize(layer, 0.1)

    def forward(self, lr: Tensor) -> Tensor:
        features = self.body(self.activate(self.conv_first(lr)))
        for step, factor in enumerate(self.factors, 1):
            features = self.activate(F.pixel_shuffle(self.get_submodule(f"upconv{step}")(features), factor))
        return self.conv_last(self.activate(self.conv_hr(features))) + self.skip(lr)
