"""The interface of all degradations."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from sr_lightning.degradations.random_draws import Record, SampleKey


class Degradation(Protocol):
    """Computes LR images from HR images in two steps: draw parameters for each sample, then apply them.

    Attributes:
        is_random: whether the drawn parameters depend on the sample's key.
    """

    is_random: bool

    def draw(self, keys: Sequence[SampleKey]) -> list[Record]:
        """Draw the parameters of each sample; the records of a deterministic degradation are empty."""

    def __call__(self, hr: Tensor, records: Sequence[Record]) -> Tensor:
        """Apply one record to each sample, on the device of ``hr`` and without gradients.

        Shape:
            hr (B, C, s*h, s*w) in [0, 1] -> lr (B, C, h, w) in [0, 1], rounded to 8 bits.
        """
