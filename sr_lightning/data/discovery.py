"""Find the images of a folder."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sr_lightning import image
from sr_lightning.errors import InputError

log = logging.getLogger(__name__)


@dataclass
class Scan:
    """Images below a folder, sorted by relative POSIX path, and number of left-out images by suffix."""

    images: list[Path]
    left_out: Counter[str] = field(default_factory=Counter)


def find_images(
    root: Path | str,
    extensions: frozenset[str] = image.EXTENSIONS,
    unsupported: frozenset[str] = image.UNREAD_EXTENSIONS,
) -> list[Path]:
    """Return all images below a folder, as `scan` does, and log one warning about images that are left out.

    Raises:
        InputError: as `scan`.
    """
    result = scan(root, extensions, unsupported)
    if result.left_out:
        _warn_once(os.path.realpath(root), f"{root}: {describe_left_out(result.left_out, extensions)}")
    return result.images


def scan(
    root: Path | str,
    extensions: frozenset[str] = image.EXTENSIONS,
    unsupported: frozenset[str] = image.UNREAD_EXTENSIONS,
) -> Scan:
    """Find all images below a folder, or a single image file.

    The case of suffixes is ignored. Names that begin with a dot and `__MACOSX` are skipped. Symbolic links are
    followed; a folder reachable by several paths is visited once.

    Args:
        root: folder or image file.
        extensions: lower-case suffixes of image files.
        unsupported: lower-case suffixes that are counted as left out, as are files of any other suffix whose first
            bytes are those of an image.
    Raises:
        InputError: the path does not exist, holds no image, or has a subfolder that cannot be listed.
    """
    root = Path(root)
    accepted = ", ".join(sorted(extensions))
    if not os.path.exists(root):
        raise InputError(f"{root}: cannot be found; check the path")
    if not root.is_dir():
        if root.suffix.lower() not in extensions:
            raise InputError(f"{root}: is not a supported image file; accepted are {accepted}")
        return Scan([root])
    result = Scan([])
    for path in _visible_files(root):
        suffix = path.suffix.lower()
        if suffix in extensions:
            result.images.append(path)
        elif suffix in unsupported or _holds_image(path):
            result.left_out[suffix or "without suffix"] += 1
    if not result.images:
        left = f"; left out: {_counts(result.left_out)}" if result.left_out else ""
        raise InputError(f"{root}: no images in this folder; accepted are {accepted}{left}")
    result.images.sort(key=lambda path: path.relative_to(root).as_posix())
    return result


def describe_left_out(left_out: Counter[str], extensions: frozenset[str] = image.EXTENSIONS) -> str:
    """Return the number of left-out files by suffix, and what to do with them."""
    files = "1 file" if left_out.total() == 1 else f"{left_out.total()} files"
    accepted = ", ".join(sorted(extensions))
    return f"left out {files} in unsupported formats: {_counts(left_out)}; convert them to one of {accepted}"


def _counts(left_out: Counter[str]) -> str:
    """Return counts by suffix, such as ``1 .heic, 2 .jp2``."""
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(left_out.items()))


@cache
def _warn_once(folder: str, message: str) -> None:
    """Log a warning about a folder, once in a process."""
    log.warning("%s", message)


def _visible_files(root: Path) -> Iterator[Path]:
    """Yield the files below a folder that are not hidden.

    Raises:
        InputError: a subfolder cannot be listed.
    """
    visited = {os.path.realpath(root)}
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_raise_input_error):
        folders[:] = _unvisited(Path(folder), folders, visited)
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _holds_image(path: Path) -> bool:
    """Return True if a file of an unknown suffix begins like an image."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return image.looks_like_image(file.read(64))
    except OSError:
        return False


def _unvisited(folder: Path, names: list[str], visited: set[str]) -> list[str]:
    """Return the names of the visible subfolders that have not been visited, and mark them as visited."""
    unvisited = []
    for name in sorted(names):
        real = os.path.realpath(folder / name)
        if not name.startswith(".") and name != "__MACOSX" and real not in visited:
            visited.add(real)
            unvisited.append(name)
    return unvisited


def _raise_input_error(error: OSError) -> None:
    """Raise for a folder that cannot be listed; `os.walk` would silently skip its images."""
    raise InputError(f"{error.filename}: cannot be listed ({error.strerror}); check its permissions") from error
