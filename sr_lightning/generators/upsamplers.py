"""Upsampling steps by a factor of 2 or 3; scales of 4 and 8 take several steps."""

from torch import nn

from sr_lightning.generators.activations import PReLU
from sr_lightning.generators.blocks import convolution


class Shuffle(nn.Sequential):
    """Sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158) and PReLU, as in SRResNet, Fig. 4.

    Shape:
        (B, channels, H, W) -> (B, channels, factor*H, factor*W)
    """

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__(convolution(channels, factor**2 * channels), nn.PixelShuffle(factor), PReLU())


class Nearest(nn.Sequential):
    """Nearest-neighbor enlargement, convolution and LeakyReLU, as in ESRGAN's published network.

    Shape:
        (B, channels, H, W) -> (B, channels, factor*H, factor*W)
    """

    def __init__(self, channels: int, factor: int) -> None:
        super().__init__(
            nn.Upsample(scale_factor=factor), convolution(channels, channels), nn.LeakyReLU(0.2, inplace=True)
        )


def upsampling_factors(scale: int) -> list[int]:
    """Return the factors of the upsampling steps for a scale.

    Raises:
        ValueError: a scale other than 1, 2, 3, 4, 8.
    Example:
        >>> upsampling_factors(8)
        [2, 2, 2]
    """
    factors = {1: [], 2: [2], 3: [3], 4: [2, 2], 8: [2, 2, 2]}
    if scale not in factors:
        raise ValueError(f"scale must be one of {', '.join(map(str, factors))}, got {scale}")
    return factors[scale]
