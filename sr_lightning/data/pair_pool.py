"""A pool of degraded pairs from which batches are mixed."""

from typing import Any

import torch
from torch import Tensor

from sr_lightning.data.batch import Batch
from sr_lightning.ops.quantize import from_uint8, to_uint8
from sr_lightning.ops.random_streams import Stream, random_stream


class PairPool:
    """Exchange each new batch for as many pairs drawn from the pool.

    Until the pool is full, batches are stored and returned unchanged. Pairs are stored in 8 bits and belong in
    checkpoints; draws depend on the seed and the iteration alone.

    Source:
        Real-ESRGAN's published code, which degrades all samples of a batch with the same parameters and compensates by
        mixing batches in a pool of 180 pairs.
    Args:
        size: number of pairs.
        seed: of the draws.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self.pairs: dict[str, Tensor] = {}

    def exchange(self, new: Batch, iteration: int) -> Batch:
        """Store a batch and return one of the same size.

        Args:
            new: pairs rounded to 8 bits.
            iteration: of training.
        """
        stored = {"lr": to_uint8(new.lr), "hr": to_uint8(new.hr), "image": new.image}
        held, count = len(self.pairs["image"]) if self.pairs else 0, len(new.image)
        if held + count <= self.size:
            self.pairs = {name: torch.cat([*([self.pairs[name]] if held else []), stored[name]]) for name in stored}
            return new
        draws = random_stream(self.seed, Stream.POOL, iteration).choice(held, count, replace=False)
        drawn = torch.from_numpy(draws).to(new.image.device)
        self.pairs = {name: value.to(drawn.device) for name, value in self.pairs.items()}
        mixed = {name: value[drawn] for name, value in self.pairs.items()}
        for name, value in stored.items():
            self.pairs[name][drawn] = value
        return Batch(from_uint8(mixed["lr"]), from_uint8(mixed["hr"]), mixed["image"])

    def state_dict(self) -> dict[str, Any]:
        """Return the stored pairs: ``lr``, ``hr`` and ``image``."""
        return dict(self.pairs)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Replace the stored pairs by those of a checkpoint."""
        self.pairs = dict(state)
