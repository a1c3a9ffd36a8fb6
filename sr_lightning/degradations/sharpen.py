"""Sharpening before anything else, so that a network trained towards sharpened photographs sees them degraded."""

from torch import Tensor

from sr_lightning.degradations.random_draws import Dice, Record
from sr_lightning.degradations.stage import fraction
from sr_lightning.ops.unsharp_mask import unsharp


class Sharpen:
    """Unsharp masking of some samples.

    Args:
        probability: that there is one.
    """

    def __init__(self, probability: float) -> None:
        self.probability = fraction("probability", probability)

    def draw(self, dice: Dice) -> Record | None:
        return {} if dice.happens(self.probability) else None

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        return unsharp(image[None])[0]
