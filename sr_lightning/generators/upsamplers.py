"""Upsampling steps by a factor of 2 or 3; larger powers of 2 take several steps."""

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
        ValueError: a scale other than 3 and the powers of 2 up to 64.
    Example:
        >>> upsampling_factors(8)
        [2, 2, 2]
    """
    factors = {1: [], 3: [3], **{2**steps: [2] * steps for steps in range(1, 7)}}
    if scale not in factors:
        raise ValueError(f"scale must be one of 1, 2, 3, 4, 8, got {scale} (also 16, 32 and 64 for published networks)")
    return factors[scale]
