"""Resizing by a random factor with a random interpolation mode."""

from collections.abc import Mapping, Sequence

from torch import Tensor
from torch.nn import functional as F

from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.degradations.stage import choice_weights, fraction, interval

MODES = ("area", "bilinear", "bicubic")
DIRECTIONS = ("up", "down", "keep")


class Resize:
    """Resize by a factor and mode drawn per sample, without antialiasing, as most image software does.

    Args:
        probability: of resizing a sample.
        directions: weights of up, down and keep.
        factor: (low, high): down draws from [low, 1], up from [1, high].
        modes: weights of area, bilinear and bicubic.
        of_lr: the factor is relative to the LR size instead of the current size; ``keep`` then resizes to exactly the
            LR size.
    Raises:
        ValueError: an invalid setting.
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
        self.directions = choice_weights("directions", directions, DIRECTIONS)
        self.factor = interval("factor", factor, 0.01, 16)
        if not self.factor[0] <= 1 <= self.factor[1]:
            raise ValueError(f"factor must contain 1, got {list(factor)}")
        self.modes = choice_weights("modes", modes, MODES)
        self.of_lr = of_lr

    def draw(self, rng: SampleRNG) -> Record | None:
        """Draw the factor and the interpolation mode."""
        if not rng.chance(self.probability):
            return None
        direction, (low, high) = rng.choice(self.directions), self.factor
        factor = {"up": rng.uniform((1, high)), "down": rng.uniform((low, 1)), "keep": 1.0}[direction]
        return {"factor": factor, "mode": rng.choice(self.modes)}

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Resize and clamp to [0, 1]. Shape: (C, h, w) -> (C, h', w')."""
        source = size if self.of_lr else image.shape[-2:]
        height, width = (max(1, int(length * record["factor"])) for length in source)
        return resize(image, (height, width), record["mode"])


def resize(image: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """Resize and clamp to [0, 1], as bicubic overshoots. Shape: (C, h, w) -> (C, *size)."""
    if image.shape[-2:] == size:
        return image.clamp(0, 1)
    return F.interpolate(image[None], size=size, mode=mode)[0].clamp(0, 1)
