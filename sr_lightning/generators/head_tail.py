"""The first and the last layers of a trunk generator, where SRResNet and ESRGAN differ too."""

from torch import nn

from sr_lightning.generators.activations import PReLU
from sr_lightning.generators.blocks import convolution


class Head(nn.Sequential):
    """Image to features: one convolution; with ``activate``, a PReLU after it (SRResNet).

    Shape:
        (B, channels_in, H, W) -> (B, channels_out, H, W)
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, activate: bool = False) -> None:
        super().__init__(convolution(channels_in, channels_out, kernel), *([PReLU()] if activate else []))


class Tail(nn.Sequential):
    """Features to image: one convolution; with ``hidden``, another one and LeakyReLU before it (ESRGAN).

    Shape:
        (B, channels_in, H, W) -> (B, channels_out, H, W)
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, hidden: bool = False) -> None:
        before = [convolution(channels_in, channels_in), nn.LeakyReLU(0.2, inplace=True)] if hidden else []
        super().__init__(*before, convolution(channels_in, channels_out, kernel))
