"""Short names that distinguish items, also as relative paths of files and folders."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import PurePath
from typing import TypeVar

Item = TypeVar("Item")


def unique_names(
    items: Sequence[Item], namings: Iterable[Callable[[Item], str]], reserved: Collection[str] = ()
) -> list[str]:
    """Return a different name for each item, none of them reserved.

    The first naming that achieves this is used. If none does, names of the last one that are taken are numbered.

    Args:
        items: to be named.
        namings: at least one, in order of preference, such as from the shortest names to the longest.
        reserved: names that are taken.
    """
    names: list[str] = []
    for naming in namings:
        names = [naming(item) for item in items]
        if len({*names, *reserved}) == len(names) + len(set(reserved)):
            return names
    return numbered(names, reserved)


def unique_paths(paths: Sequence[PurePath], reserved: Collection[str] = (), *, suffix: bool = False) -> list[str]:
    """Return a short unique name for each path, which is itself a relative path without ``..``.

    Names are the last parts of the paths, with as many folders as needed; a suffix is added before a folder.

    Args:
        paths: of files or folders.
        reserved: names that are taken.
        suffix: always keep the suffix, such as in the names of folders.
    """
    longest = max((len(path.parts) for path in paths), default=1)
    namings = [
        partial(relative_name, length=length, suffix=kept)
        for length in range(1, longest + 1)
        for kept in ((True,) if suffix else (False, True))
    ]
    return unique_names(paths, namings, reserved)


def relative_name(path: PurePath, length: int, suffix: bool = False) -> str:
    """Return the last ``length`` parts of a path, without a root and ``..``, and without its suffix by default."""
    parts = [part for part in path.parts if part != ".." and part != path.anchor]
    if not parts:
        return "folder"
    last = parts[-1] if suffix else PurePath(parts[-1]).stem
    return "/".join([*parts[-length:-1], last])


def numbered(names: Sequence[str], reserved: Collection[str] = ()) -> list[str]:
    """Append ``-2``, ``-3`` … to names that are reserved or occurred before."""
    taken, result = set(reserved), list[str]()
    for name in names:
        number, unique = 2, name
        while unique in taken or (unique != name and unique in names):
            number, unique = number + 1, f"{name}-{number}"
        taken.add(unique)
        result.append(unique)
    return result
