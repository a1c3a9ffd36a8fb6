"""VGG-style discriminator of SRGAN and ESRGAN: one logit per image."""

from collections.abc import Callable
from math import ceil

from torch import Tensor, nn

LARGEST = 6  # side of the feature map before the dense layer, in pixels: that of SRGAN, 96 halved four times


class VGGDiscriminator(nn.Module):
    """Pairs of 3x3 convolutions, the second of each with stride 2, then two dense layers.

    Crops of 96 give SRGAN's network with four pairs. For larger crops, pairs of the last width are added until the side
    of the feature map is at most 6 pixels, so that the dense layer does not grow with the crop; crops of 128 have five
    pairs and end at 4x4. ESRGAN's code also has five pairs, but uses 4x4 kernels in strided convolutions and 100 dense
    units; its paper describes SRGAN's discriminator, which is used here.

    Source:
        SRGAN, Ledig et al. 2017, arXiv:1609.04802, Fig. 4.
    Args:
        crop: height and width of the images.
        width: features of the first pair, doubled by the next three.
        channels: of the images.
        norm: builds the normalization from the number of channels, after all convolutions but the first.
    Shape:
        (B, channels, crop, crop) -> (B, 1)
    Raises:
        ValueError: a crop below 1, or images of another size.
    """

    def __init__(
        self, crop: int, width: int = 64, channels: int = 3, norm: Callable[[int], nn.Module] = nn.BatchNorm2d
    ) -> None:
        super().__init__()
        if crop < 1:
            raise ValueError(f"crop must be at least 1, got {crop}")
        self.crop = crop
        layers: list[nn.Module] = []
        before, side, pair = channels, crop, 0
        while pair < 4 or side > LARGEST:
            after = width * 2 ** min(pair, 3)
            layers += [nn.Conv2d(before, after, 3, padding=1), norm(after) if pair else nn.Identity()]
            layers += [
                nn.LeakyReLU(0.2),
                nn.Conv2d(after, after, 3, stride=2, padding=1),
                norm(after),
                nn.LeakyReLU(0.2),
            ]
            before, side, pair = after, ceil(side / 2), pair + 1
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Flatten(), nn.Linear(before * side**2, 16 * width), nn.LeakyReLU(0.2), nn.Linear(16 * width, 1)
        )

    def forward(self, image: Tensor) -> Tensor:
        if image.shape[-2:] != (self.crop, self.crop):
            height, width = image.shape[-2:]
            raise ValueError(f"discriminator was built for crop={self.crop}, got images of {width}x{height}")
        return self.dense(self.convolutions(image))
