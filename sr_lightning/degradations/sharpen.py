"""Sharpening: the first stage if the network is trained to produce sharpened images."""

from torch import Tensor

from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.degradations.stage import fraction
from sr_lightning.ops.unsharp_mask import unsharp_mask


class Sharpen:
    """Apply an unsharp mask, with some probability.

    Args:
        probability: of sharpening a sample.
    Raises:
        ValueError: a probability outside [0, 1].
    """

    def __init__(self, probability: float) -> None:
        self.probability = fraction("probability", probability)

    def draw(self, rng: SampleRNG) -> Record | None:
        """Return an empty record, or None for a sample that is not sharpened."""
        return {} if rng.chance(self.probability) else None

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Apply the unsharp mask. Shape: (C, H, W) in [0, 1] -> the same."""
        return unsharp_mask(image[None])[0]
