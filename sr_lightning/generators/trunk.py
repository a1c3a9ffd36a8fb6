"""The common architecture of SRResNet and ESRGAN."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sr_lightning.generators.blocks import Norm, convolution
from sr_lightning.generators.head_tail import Head, Tail
from sr_lightning.generators.interpolation import NoSkip
from sr_lightning.generators.upsamplers import upsampling_factors


class TrunkGenerator(nn.Module):
    """Head, ``depth`` basic blocks with a long skip connection, upsampling steps, tail.

    Source:
        ESRGAN, arXiv:1809.00219, Fig. 3. With residual blocks, batch norm, sub-pixel upsampling and 9x9 ends it is
        SRResNet (arXiv:1609.04802, Fig. 4); with RRDB blocks and nearest-neighbor upsampling it is RRDBNet.
    Args:
        block: builds a basic block from its number of channels.
        upsampler: builds an upsampling step from its number of channels and factor.
        head: builds the first layers from the numbers of input and output channels.
        tail: builds the last layers from the numbers of input and output channels.
        norm: builds the normalization at the end of the trunk.
        skip: maps lr to an image that is added to the output, e.g. its bicubic enlargement.
        width: features of the trunk.
        depth: number of blocks.
        scale: 3 or a power of 2 up to 64.
        channels: of the input image.
        unshuffle: factor of a pixel-unshuffle before the head, so that most computation is at 1 / unshuffle of the low
            resolution; None: 4 / scale, and 1 for scales that do not divide 4, so that all scales have the layers of x4
            (Real-ESRGAN, arXiv:2107.10833, sec. 3.3: 2 for x2, 4 for x1).
        channels_out: of the output image; None: those of the input.
    Shape:
        (B, channels, H, W) in [0, 1] -> (B, channels_out, scale*H, scale*W), not clamped; any H, W >= 1.
    Raises:
        ValueError: an unsupported scale (times ``unshuffle``), or a width or depth below 1.
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
        unshuffle: int | None = 1,
        channels_out: int | None = None,
    ) -> None:
        super().__init__()
        if width < 1 or depth < 1:
            raise ValueError(f"width and depth must be at least 1, got {width} and {depth}")
        self.scale = scale
        self.channels = channels
        self.channels_out = channels if channels_out is None else channels_out
        self.unshuffle = max(1, 4 // scale) if unshuffle is None else unshuffle
        self.head = head(channels * self.unshuffle**2, width)
        self.trunk = nn.Sequential(*(block(width) for _ in range(depth)), convolution(width, width), norm(width))
        self.upsample = nn.Sequential(
            *(upsampler(width, factor) for factor in upsampling_factors(scale * self.unshuffle))
        )
        self.tail = tail(width, self.channels_out)
        self.skip = skip if skip is not None else NoSkip()

    def forward(self, lr: Tensor) -> Tensor:
        features = self.head(lr if self.unshuffle == 1 else pixel_unshuffle(lr, self.unshuffle))
        residual = self.tail(self.upsample(features + self.trunk(features)))
        if self.unshuffle > 1:
            height, width = lr.shape[-2:]
            residual = residual[..., : self.scale * height, : self.scale * width]
        return residual + self.skip(lr)


def pixel_unshuffle(image: Tensor, factor: int) -> Tensor:
    """Apply a pixel-unshuffle after repeating the last row and column up to a multiple of the factor.

    Shape:
        (B, C, H, W) -> (B, factor^2*C, ceil(H/factor), ceil(W/factor))
    """
    for dim in (-2, -1):
        length = image.shape[dim]
        positions = torch.arange((length + factor - 1) // factor * factor, device=image.device)
        image = image.index_select(dim, positions.clamp(max=length - 1))
    return F.pixel_unshuffle(image, factor)
