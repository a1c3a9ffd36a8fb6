"""What is random, as a pure function of (seed, stream, iteration, sample) and of the stage that asks."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np


class Key(NamedTuple):
    """Which sample draws.

    Args:
        stream: `TRAINING`, or `FIXED` for what is to be the same whenever it is looked at.
        iteration: 0 for a fixed one.
        sample: number within the batch over all devices; for a fixed one, whatever tells its image from others.
    """

    stream: int
    iteration: int
    sample: int


TRAINING, FIXED = 2, 3  # 0 and 1 are those of the crops


class Dice:
    """Draws of one stage for one sample, from a counter-based generator (Philox, Salmon et al. 2011).

    Every stage has numbers of its own: to switch one off, or to change its ranges, changes no draw of another.

    Args:
        stage: its name within the whole degradation.
    """

    def __init__(self, seed: int, key: Key, stage: str) -> None:
        self.seed, self.key, self.stage = seed, key, stage
        counter = [0, crc32(stage.encode()), key.sample, key.iteration]
        self.generator = np.random.Generator(np.random.Philox(key=[seed, key.stream], counter=counter))

    def within(self, stage: str) -> "Dice":
        """The dice of a stage inside this one."""
        return Dice(self.seed, self.key, f"{self.stage}/{stage}")

    def happens(self, probability: float) -> bool:
        return bool(self.generator.random() < probability)

    def uniform(self, interval: Sequence[float]) -> float:
        return float(self.generator.uniform(interval[0], interval[1]))

    def whole(self, interval: Sequence[int]) -> int:
        """A whole number of the closed interval."""
        return int(self.generator.integers(interval[0], interval[1] + 1))

    def choice(self, weights: Mapping[str, float]) -> str:
        """A name, with a probability in proportion to its weight."""
        bounds = list(accumulate(weights.values()))
        return list(weights)[bisect(bounds, self.generator.random() * bounds[-1], hi=len(bounds) - 1)]

    def order(self, names: Sequence[str]) -> list[str]:
        return [names[number] for number in self.generator.permutation(len(names))]

    def noise_key(self) -> int:
        """Seed of a noise: the record of a draw holds it in the place of the noise."""
        return self.whole((0, 2**32 - 1))


Record = dict[str, Any]  # plain numbers, strings and containers, as JSON has them
