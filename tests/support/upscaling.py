"""A network and a photograph for upscaling."""

from functools import partial

import torch
from torch import Tensor, nn

from sr_lightning.generators import RRDB, Interpolation, Nearest, Tail, TrunkGenerator
from tests.support.photographs import pixels


def network(scale: int = 2, channels: int = 3) -> nn.Module:
    """Return a small RRDBNet on top of bicubic enlargement, so that its output resembles the input."""
    torch.manual_seed(0)
    skip = Interpolation("bicubic", scale)
    block = partial(RRDB, growth=2)
    tail = partial(Tail, hidden=True)
    complete = TrunkGenerator(block, Nearest, tail=tail, skip=skip, width=4, depth=1, scale=scale, channels=channels)
    for parameter in complete.tail[-1].parameters():
        parameter.data.mul_(0.1)
    return complete.eval()


def photograph(height: int = 40, width: int = 50) -> Tensor:
    return torch.from_numpy(pixels(height, width)).permute(2, 0, 1) / 255
