"""The interface of degradation stages, and checks of their settings."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from torch import Tensor

from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.ops.value_range import to_unit_range


class Stage(Protocol):
    """A degradation stage: draw parameters, then apply them."""

    def draw(self, rng: SampleRNG) -> Record | None:
        """Draw the parameters for one sample; None skips the stage."""

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Apply drawn parameters to one image.

        Args:
            size: height and width of the final LR image.
        Shape:
            (C, h, w) -> (C, h', w'), float32.
        """


def check_hr(hr: Tensor) -> Tensor:
    """Return hr as floating point in [0, 1]; uint8 is converted.

    The values are checked on the CPU only: a GPU would have to be waited for in every training step.

    Raises:
        ValueError: another data type, NaN, or values in another range such as [0, 255].
    """
    if hr.is_floating_point() and hr.device.type != "cpu":
        return hr
    return to_unit_range(hr, "hr")


def fraction(name: str, value: float) -> float:
    """Return ``value`` if it is a probability.

    Raises:
        ValueError: it is not within 0 and 1.
    """
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be within 0 and 1, got {value}")
    return value


def interval(name: str, value: Sequence[float], minimum: float, maximum: float = float("inf")) -> tuple[float, float]:
    """Return ``value`` as the (low, high) ends of a closed interval.

    Raises:
        ValueError: not two ascending numbers within ``minimum`` and ``maximum``.
    """
    if len(value) != 2 or not minimum <= value[0] <= value[1] <= maximum:
        limit = f" and at most {maximum:g}" if maximum < float("inf") else ""
        raise ValueError(f"{name} must be two ascending numbers of at least {minimum:g}{limit}, got {list(value)}")
    return value[0], value[1]


def choice_weights(name: str, value: Mapping[str, float], known: Sequence[str]) -> dict[str, float]:
    """Return the weights of named options, without those of weight 0.

    Raises:
        ValueError: an unknown option, a negative weight, or no positive weight.
    """
    unknown = value.keys() - set(known)
    if unknown:
        raise ValueError(f"{name}: unknown option {min(unknown)}; choose from {', '.join(known)}")
    positive = {option: weight for option, weight in value.items() if weight != 0}
    if not positive or min(positive.values()) < 0:
        raise ValueError(f"{name} must have weights of at least 0, with at least one above 0, got {dict(value)}")
    return positive
