"""Random inputs of degradations."""

import torch

from sr_lightning.degradations import TRAINING, Key
from tests.support import photographs


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photograph(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(photographs.pixels(height, width, seed)).permute(2, 0, 1).float() / 255


def keys(count: int, iteration: int = 0) -> list[Key]:
    return [Key(TRAINING, iteration, sample) for sample in range(count)]
