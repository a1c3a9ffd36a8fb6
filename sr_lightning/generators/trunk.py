"""The architecture that SRResNet and ESRGAN share: most computation at low resolution."""

from collections.abc import Callable

from torch import Tensor, nn

from sr_lightning.generators.blocks import Norm, convolution
from sr_lightning.generators.ends import Head, Tail
from sr_lightning.generators.interpolation import NoSkip
from sr_lightning.generators.upsamplers import steps


class TrunkGenerator(nn.Module):
    """Head, ``depth`` basic blocks under one long skip, upsampling steps, tail.

    Source:
        ESRGAN, arXiv:1809.00219, Fig. 3. With residual blocks, batch norm, sub-pixel upsampling and 9x9 ends it is
        SRResNet (arXiv:1609.04802, Fig. 4); with RRDB blocks and nearest-neighbour upsampling it is RRDBNet.
    Args:
        block: builds one basic block from its channel count.
        upsampler: builds one step from its channel count and factor.
        head: builds the first layers from the channels in and out.
        tail: builds the last layers from the channels in and out.
        norm: builds the normalisation at the end of the trunk.
        skip: lr -> what the network's output is added to, e.g. its bicubic enlargement.
        width: features of the trunk.
        depth: number of blocks.
        scale: 1, 2, 3, 4 or 8.
        channels: of the image.
    Shape:
        (B, channels, H, W) in [0, 1] -> (B, channels, scale*H, scale*W), not clamped; any H, W >= 1.
    Raises:
        ValueError: another scale, or a width or depth below 1.
    """

    def __init__(
        self,
        block: Callable[[int], nn.Module],
        upsampler: Callable[[int, int], nn.Module],
        head: Callable[[int, int], nn.Module] = Head,
        tail: Callable[[int, int], nn.Module] = Tail,
        norm: Norm = nn.Identity,
        skip: nn.Module | None = None,
        width: int = 64,
        depth: int = 23,
        scale: int = 4,
        channels: int = 3,
    ) -> None:
        super().__init__()
        if width < 1 or depth < 1:
            raise ValueError(f"width and depth must be at least 1, got {width} and {depth}")
        self.scale = scale
        self.head = head(channels, width)
        self.trunk = nn.Sequential(*(block(width) for _ in range(depth)), convolution(width, width), norm(width))
        self.upsample = nn.Sequential(*(upsampler(width, factor) for factor in steps(scale)))
        self.tail = tail(width, channels)
        self.skip = skip if skip is not None else NoSkip()

    def forward(self, lr: Tensor) -> Tensor:
        features = self.head(lr)
        residual = self.tail(self.upsample(features + self.trunk(features)))
        return residual + self.skip(lr)
