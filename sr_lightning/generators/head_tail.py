"""First and last layers of a trunk generator."""

from torch import nn

from sr_lightning.generators.activations import PReLU
from sr_lightning.generators.blocks import convolution


class Head(nn.Sequential):
    """Map an image to features: a convolution, and with ``activate`` a PReLU (SRResNet).

    Shape:
        (B, channels_in, H, W) -> (B, channels_out, H, W)
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, activate: bool = False) -> None:
        super().__init__(convolution(channels_in, channels_out, kernel), *([PReLU()] if activate else []))


class Tail(nn.Sequential):
    """Map features to an image: a convolution, with ``hidden`` after another one and a LeakyReLU (ESRGAN).

    Shape:
        (B, channels_in, H, W) -> (B, channels_out, H, W)
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, hidden: bool = False) -> None:
        before = [convolution(channels_in, channels_in), nn.LeakyReLU(0.2, inplace=True)] if hidden else []
        super().__init__(*before, convolution(channels_in, channels_out, kernel))
