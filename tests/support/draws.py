"""Random inputs of degradations."""

import torch

from sr_lightning.degradations import SampleKey
from sr_lightning.ops.random_streams import Stream
from tests.support import photographs


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photograph(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(photographs.pixels(height, width, seed)).permute(2, 0, 1).float() / 255


def keys(count: int, iteration: int = 0) -> list[SampleKey]:
    return [SampleKey(Stream.TRAINING, iteration, sample) for sample in range(count)]


def images(*shape: int) -> torch.Tensor:
    """Return the same uniformly distributed values in each call."""
    return torch.rand(shape, generator=generator())
