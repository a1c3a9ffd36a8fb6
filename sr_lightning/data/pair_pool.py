"""A pool of degraded pairs, from which batches are mixed."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

STREAM = 4  # of draws; 0 to 3 are those of crops and degradations


class PairPool:
    """Takes in every new pair, and gives back as many that were drawn from all it holds.

    Until it is full, a batch comes back as it is. What it holds is kept in 8 bits and belongs into checkpoints; what it
    draws is a function of the seed and of the iteration.

    Source:
        Real-ESRGAN's published code, where one draw serves a whole batch and 180 pairs are pooled to hide it.
    Args:
        size: pairs that it holds.
        seed: of the draws.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self.pairs: dict[str, Tensor] = {}

    def exchange(self, new: dict[str, Tensor], iteration: int) -> dict[str, Tensor]:
        """A batch for a batch.

        Args:
            new: lr and hr in [0, 1] and 8 bits, and the numbers of their images; the first axis counts pairs.
        """
        kept = {name: to_bytes(value) for name, value in new.items()}
        held = len(self.pairs["image"]) if self.pairs else 0
        count = len(new["image"])
        if held + count <= self.size:
            self.pairs = {name: torch.cat([*([self.pairs[name]] if held else []), kept[name]]) for name in kept}
            return new
        draws = np.random.Generator(np.random.Philox(key=[self.seed, STREAM], counter=[0, 0, 0, iteration]))
        places = torch.from_numpy(draws.choice(held, count, replace=False)).to(new["image"].device)
        self.pairs = {name: value.to(places.device) for name, value in self.pairs.items()}
        taken = {name: from_bytes(value[places]) for name, value in self.pairs.items()}
        for name, value in kept.items():
            self.pairs[name][places] = value
        return taken

    def state_dict(self) -> dict[str, Any]:
        return dict(self.pairs)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.pairs = dict(state)


def to_bytes(value: Tensor) -> Tensor:
    """Images in 8 bits, anything else as it is."""
    return value.mul(255).round().byte() if value.is_floating_point() else value


def from_bytes(value: Tensor) -> Tensor:
    """What `to_bytes` was given."""
    return value.float().div(255) if value.dtype == torch.uint8 else value
