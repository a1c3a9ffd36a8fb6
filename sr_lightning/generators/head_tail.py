"""First and last layers of a trunk generator."""

from torch import nn

from sr_lightning.generators.activations import PReLU
from sr_lightning.generators.blocks import convolution


class Head(nn.Sequential):
    """Map an image to features: a convolution, optionally followed by a PReLU (SRResNet).

    Args:
        channels_in: of the image.
        channels_out: features.
        kernel: odd size of the kernel.
        activate: add the PReLU.
    Shape:
        (B, channels_in, H, W) -> (B, channels_out, H, W)
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, activate: bool = False) -> None:
        super().__init__(convolution(channels_in, channels_out, kernel), *([PReLU()] if activate else []))


class Tail(nn.Sequential):
    """Map features to an image: a convolution, optionally preceded by another one and a LeakyReLU (ESRGAN).

    Args:
        channels_in: features.
        channels_out: of the image.
        kernel: odd size of the last kernel.
        hidden: add the convolution and the LeakyReLU before the last convolution.
    Shape:
        (B, channels_in, H, W) -> (B, channels_out, H, W)
    """

    def __init__(self, channels_in: int, channels_out: int, kernel: int = 3, hidden: bool = False) -> None:
        before = [convolution(channels_in, channels_in), nn.LeakyReLU(0.2, inplace=True)] if hidden else []
        super().__init__(*before, convolution(channels_in, channels_out, kernel))
