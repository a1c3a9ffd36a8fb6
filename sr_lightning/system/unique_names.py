"""Short names that distinguish items."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def unique_names(items: Sequence[Item], namings: Iterable[Callable[[Item], str]]) -> list[str]:
    """Return the items' names by the first naming that gives each item a different one, or by the last naming.

    Args:
        items: to be named.
        namings: at least one, in order of preference, such as from the shortest names to the longest.
    """
    names: list[str] = []
    for naming in namings:
        names = [naming(item) for item in items]
        if len(set(names)) == len(names):
            break
    return names
