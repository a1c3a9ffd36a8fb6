"""PatchGAN discriminator: one logit for each overlapping patch."""

from collections.abc import Callable

from torch import Tensor, nn


class PatchDiscriminator(nn.Sequential):
    """Five 4x4 convolutions, the first three with stride 2; the receptive field of a logit is 70x70 pixels.

    Source:
        Isola et al. 2017, arXiv:1611.07004, sec. 6.1.2, C64-C128-C256-C512; unconditional.
    Args:
        width: features of the first convolution, doubled by the next three.
        channels: of the images.
        norm: builds the normalization from the number of channels, after all convolutions but the first and the last.
    Attributes:
        smallest: smallest height and width, for which there is one logit.
    Shape:
        (B, channels, H, W) -> (B, 1, H // 8 - 2, W // 8 - 2); H, W >= 24.
    Raises:
        ValueError: smaller images.
    """

    smallest = 24

    def __init__(self, width: int = 64, channels: int = 3, norm: Callable[[int], nn.Module] = nn.BatchNorm2d) -> None:
        layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for factor, stride in ((1, 2), (2, 2), (4, 1)):
            before, after = factor * width, 2 * factor * width
            layers += [nn.Conv2d(before, after, 4, stride=stride, padding=1), norm(after), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Conv2d(8 * width, 1, 4, padding=1))

    def forward(self, image: Tensor) -> Tensor:
        smallest, (height, width) = self.smallest, image.shape[-2:]
        if min(height, width) < smallest:
            raise ValueError(f"patch discriminator needs at least {smallest}x{smallest} pixels, got {width}x{height}")
        return super().forward(image)
