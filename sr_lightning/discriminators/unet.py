"""U-Net discriminator of Real-ESRGAN: one logit per pixel."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.discriminators.spectral import SpectralConv2d


class UNetDiscriminator(nn.Module):
    """U-Net with three strided convolutions, three bilinear enlargements with skip connections, and spectral norm.

    Source:
        Real-ESRGAN, Wang et al. 2021, arXiv:2107.10833, Fig. 6. Features are enlarged to the size of
        the skip connection, so sizes need not be multiples of 8. The first and the last layer have no spectral norm.
    Args:
        width: features at full size, doubled by each strided convolution.
        channels: of the images.
    Attributes:
        smallest: smallest height and width.
    Shape:
        (B, channels, H, W) -> (B, 1, H, W); H, W >= 8.
    Raises:
        ValueError: smaller images.
    """

    smallest = 8

    def __init__(self, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        widths = (width, 2 * width, 4 * width, 8 * width)
        pairs = list(pairwise(widths))
        self.head = nn.Conv2d(channels, width, 3, padding=1)
        self.down = nn.ModuleList(SpectralConv2d(fine, coarse, 4, stride=2) for fine, coarse in pairs)
        self.up = nn.ModuleList(SpectralConv2d(coarse, fine, 3) for fine, coarse in reversed(pairs))
        self.tail = nn.Sequential(
            SpectralConv2d(width, width, 3),
            nn.LeakyReLU(0.2),
            SpectralConv2d(width, width, 3),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 1, 3, padding=1),
        )
        self.activate = nn.LeakyReLU(0.2)

    def forward(self, image: Tensor) -> Tensor:
        smallest, (height, width) = self.smallest, image.shape[-2:]
        if min(height, width) < smallest:
            raise ValueError(f"U-Net discriminator needs at least {smallest}x{smallest} pixels, got {width}x{height}")
        features = self.activate(self.head(image))
        skips = []
        for down in self.down:
            skips.append(features)
            features = self.activate(down(features))
        for up, skip in zip(self.up, reversed(skips), strict=True):
            enlarged = F.interpolate(features, size=skip.shape[-2:], mode="bilinear", align_corners=False)
            features = self.activate(up(enlarged)) + skip
        return self.tail(features)
