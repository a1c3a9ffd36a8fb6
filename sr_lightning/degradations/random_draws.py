"""Random draws for one sample: a counter-based generator keyed by seed, iteration, sample and stage."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from zlib import crc32

from sr_lightning.ops.random_streams import Stream, random_stream

Record = dict[str, Any]
"""Parameters drawn for one sample: numbers, strings, lists and mappings that JSON can hold."""


class SampleKey(NamedTuple):
    """Identifies the sample for which parameters are drawn.

    Args:
        stream: `Stream.TRAINING`, or `Stream.FIXED` for an image whose degradation never changes.
        iteration: training iteration; 0 for `Stream.FIXED`.
        sample: number within the batch over all devices; for `Stream.FIXED`, a number that identifies the image.
    """

    stream: Stream
    iteration: int
    sample: int


class SampleRNG:
    """Random number generator of one stage for one sample.

    Each stage has its own stream: switching one off or changing its ranges leaves the draws of the others unchanged.

    Args:
        seed: at least 0.
        key: the sample.
        stage: path of the stage within the degradation, e.g. ``/final/jpeg``; empty for the degradation itself.
    """

    def __init__(self, seed: int, key: SampleKey, stage: str = "") -> None:
        self.seed, self.key, self.stage = seed, key, stage
        self.generator = random_stream(seed, key.stream, key.iteration, key.sample, crc32(stage.encode()))

    def for_stage(self, name: str) -> "SampleRNG":
        """Return the generator of the stage `name` inside this one."""
        return SampleRNG(self.seed, self.key, f"{self.stage}/{name}")

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return bool(self.generator.random() < probability)

    def uniform(self, interval: Sequence[float]) -> float:
        """Return a number from [low, high)."""
        return float(self.generator.uniform(interval[0], interval[1]))

    def integer(self, interval: Sequence[int]) -> int:
        """Return an integer from low to high, both included."""
        return int(self.generator.integers(interval[0], interval[1] + 1))

    def choice(self, weights: Mapping[str, float]) -> str:
        """Return a name with probability proportional to its weight."""
        bounds = list(accumulate(weights.values()))
        return list(weights)[bisect(bounds, self.generator.random() * bounds[-1], hi=len(bounds) - 1)]

    def permutation(self, names: Sequence[str]) -> list[str]:
        """Return the names in a random order."""
        return [names[number] for number in self.generator.permutation(len(names))]

    def noise_seed(self) -> int:
        """Return a seed for a noise tensor: a record stores it instead of the noise."""
        return self.integer((0, 2**32 - 1))
