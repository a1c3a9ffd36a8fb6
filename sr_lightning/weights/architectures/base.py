"""A network inferred from a set of weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(frozen=True)
class Recognized:
    """A network inferred from the names and shapes of its weights.

    Args:
        build: constructs the network.
        weights: by the parameter names of the network.
        names: parameter names of the network -> names in the file, where they differ.
        note: what the weights do not say and was assumed, for a warning; empty if they say everything.
    """

    build: Callable[[], nn.Module]
    weights: dict[str, Tensor]
    names: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def shape(weights: Mapping[str, Tensor], name: str, dimensions: int = 4) -> tuple[int, ...]:
    """Return the shape of a weight without empty dimensions.

    Raises:
        ValueError: it is missing, or has another number of dimensions.
    """
    actual = tuple(weights[name].shape) if name in weights else ()
    if len(actual) != dimensions or 0 in actual:
        raise ValueError(f"{name} is {actual or 'missing'}, expected {dimensions} dimensions")
    return actual


def count(weights: Mapping[str, Tensor], name: Callable[[int], str]) -> int:
    """Return the number of consecutive names name(0), name(1), … among the weights."""
    number = 0
    while name(number) in weights:
        number += 1
    return number
