"""What every stage of a degradation is, and the checks of its settings."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor

from sr_lightning.degradations.random_draws import Dice, Record


class Stage(Protocol):
    """One thing that happens to a photograph on its way, drawn and done apart from each other."""

    def draw(self, dice: Dice) -> Record | None:
        """What is done to one sample, in numbers; None: nothing."""

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Do what was drawn.

        Args:
            size: height and width that the low-resolution image will have.
        Shape:
            (C, h, w) -> (C, h', w'), float32.
        """


def fraction(name: str, value: float) -> float:
    """A probability as it is.

    Raises:
        ValueError: not within 0 and 1.
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be within 0 and 1, got {value}")
    return value


def interval(name: str, value: Sequence[float], least: float, most: float = float("inf")) -> tuple[float, float]:
    """A closed interval as it is.

    Raises:
        ValueError: not two ascending numbers, or they leave what is possible.
    """
    if len(value) != 2 or not least <= value[0] <= value[1] <= most:
        limit = f" and at most {most:g}" if most < float("inf") else ""
        raise ValueError(f"{name} must be two ascending numbers of at least {least:g}{limit}, got {list(value)}")
    return value[0], value[1]


def shares(name: str, value: Mapping[str, float], known: Sequence[str]) -> dict[str, float]:
    """Weights of named kinds, without those of weight 0.

    Raises:
        ValueError: an unknown kind, a weight below 0, or nothing left.
    """
    unknown = value.keys() - set(known)
    if unknown:
        raise ValueError(f"{name} knows {', '.join(known)}, got {min(unknown)}")
    kept = {kind: share for kind, share in value.items() if share != 0}
    if not kept or min(kept.values()) < 0:
        raise ValueError(f"{name} must have weights of at least 0, and one above it, got {dict(value)}")
    return kept
