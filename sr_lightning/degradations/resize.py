"""Resizing by a random factor in a random mode."""

from collections.abc import Mapping, Sequence

from torch import Tensor
from torch.nn import functional as F

from sr_lightning.degradations.random_draws import Dice, Record
from sr_lightning.degradations.stage import fraction, interval, shares

MODES = ("area", "bilinear", "bicubic")
DIRECTIONS = ("up", "down", "keep")


class Resize:
    """A factor and a mode for each sample; without antialiasing, as the many programs are that do it badly.

    Args:
        probability: that there is a resize.
        directions: weights of up, down and keep.
        factor: least, for down, and largest, for up; the other end is 1.
        modes: weights of area, bilinear and bicubic.
        of_lr: the factor is that to the low-resolution size and not to the present one; so ``keep`` leads to exactly
            that size.
    Raises:
        ValueError: a setting that is impossible.
    """

    def __init__(
        self,
        probability: float,
        directions: Mapping[str, float],
        factor: Sequence[float],
        modes: Mapping[str, float],
        of_lr: bool = False,
    ) -> None:
        self.probability = fraction("probability", probability)
        self.directions = shares("directions", directions, DIRECTIONS)
        self.factor = interval("factor", factor, 0.01, 16)
        if not self.factor[0] <= 1 <= self.factor[1]:
            raise ValueError(f"factor must have 1 within it, got {list(factor)}")
        self.modes = shares("modes", modes, MODES)
        self.of_lr = of_lr

    def draw(self, dice: Dice) -> Record | None:
        if not dice.happens(self.probability):
            return None
        direction, (low, high) = dice.choice(self.directions), self.factor
        factor = {"up": dice.uniform((1, high)), "down": dice.uniform((low, 1)), "keep": 1.0}[direction]
        return {"factor": factor, "mode": dice.choice(self.modes)}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        source = size if self.of_lr else image.shape[-2:]
        height, width = (max(1, int(length * record["factor"])) for length in source)
        return resized(image, (height, width), record["mode"])


def resized(image: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """(C, h, w) -> (C, *size), clamped to [0, 1], which bicubic leaves."""
    if image.shape[-2:] == size:
        return image.clamp(0, 1)
    return F.interpolate(image[None], size=size, mode=mode)[0].clamp(0, 1)
