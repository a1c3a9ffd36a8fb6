"""Find the images of a folder, and match the HR/LR pairs of two folders."""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
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
    found = scan(root, extensions, unsupported)
    if found.left_out:
        _warn_once(os.path.realpath(root), f"{root}: {describe_left_out(found.left_out, extensions)}")
    return found.images


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
    found = Scan([])
    for path in _visible_files(root):
        suffix = path.suffix.lower()
        if suffix in extensions:
            found.images.append(path)
        elif suffix in unsupported or _holds_image(path):
            found.left_out[suffix or "without suffix"] += 1
    if not found.images:
        left = f"; left out: {_counts(found.left_out)}" if found.left_out else ""
        raise InputError(f"{root}: no images in this folder; accepted are {accepted}{left}")
    found.images.sort(key=lambda path: path.relative_to(root).as_posix())
    return found


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


def pair_images(hr_root: Path | str, lr_root: Path | str, scale: int) -> list[tuple[Path, Path]]:
    """Return the (HR, LR) pairs of two folders, matched by relative path without suffix, in HR order.

    An LR name may end in `x{scale}`, as in DIV2K: `0001.png` and `0001x4.png`.

    Raises:
        InputError: an image has no partner or several, or an LR size is not HR size // scale. The first such file is
            named.
    """
    for root in (hr_root, lr_root):
        find_images(root)  # warns about images that are left out
    pairs, problems = match_images(hr_root, lr_root, scale)
    if problems:
        first, *others = problems.values()
        raise InputError(f"{first} (and {len(others)} more)" if others else first)
    return pairs


def match_images(
    hr_root: Path | str, lr_root: Path | str, scale: int
) -> tuple[list[tuple[Path, Path]], dict[Path, str]]:
    """Return the (HR, LR) pairs of two folders, and {path: message} for each unusable file.

    Raises:
        InputError: one of the folders has no images.
        ValueError: the scale is not positive.
    """
    if scale < 1:
        raise ValueError(f"scale must be at least 1, not {scale}")
    hr_paths, lr_paths = scan(hr_root).images, scan(lr_root).images
    hr_names = _names(hr_root, hr_paths)
    known = set(hr_names)
    lr_names = [name if name in known else name.removesuffix(f"x{scale}") for name in _names(lr_root, lr_paths)]
    hr_files, problems = _by_name(hr_names, hr_paths)
    lr_files, lr_problems = _by_name(lr_names, lr_paths)
    problems |= lr_problems
    for name in hr_files.keys() - lr_files.keys():
        missing = f"has no partner {name} or {name}x{scale} in {lr_root}; add it or remove this file"
        problems[hr_files[name]] = f"{hr_files[name]}: {missing}"
    for name in lr_files.keys() - hr_files.keys():
        problems[lr_files[name]] = f"{lr_files[name]}: has no partner {name} in {hr_root}; add it or remove this file"
    pairs = [(hr, lr_files[name]) for name, hr in hr_files.items() if name in lr_files]
    problems |= _size_problems(pairs, scale)
    return pairs, dict(sorted(problems.items()))


def _size_problems(pairs: list[tuple[Path, Path]], scale: int) -> dict[Path, str]:
    """Return {path: message} for each unreadable header and each LR image whose size is not HR size // scale."""
    sizes: dict[Path, tuple[int, int]] = {}
    problems: dict[Path, str] = {}
    for path in chain.from_iterable(pairs):
        try:
            sizes[path] = image.size(path)
        except InputError as error:
            problems[path] = str(error)
    for hr, lr in pairs:
        if hr in sizes and lr in sizes:
            (height, width), (lr_height, lr_width) = sizes[hr], sizes[lr]
            if (lr_height, lr_width) != (height // scale, width // scale):
                problems[lr] = (
                    f"{lr}: is {lr_width}x{lr_height} pixels, expected {width // scale}x{height // scale}, "
                    f"{hr} ({width}x{height}) over {scale}; recreate it or correct the scale"
                )
    return problems


def _names(root: Path | str, paths: list[Path]) -> list[str]:
    """Return the paths without suffix, relative to a folder or to the folder of a single file."""
    folder = Path(root) if Path(root).is_dir() else Path(root).parent
    return [path.relative_to(folder).with_suffix("").as_posix() for path in paths]


def _by_name(names: list[str], paths: list[Path]) -> tuple[dict[str, Path], dict[Path, str]]:
    """Return {name: first path}, and {path: message} for other files of the same name."""
    files: dict[str, Path] = {}
    problems: dict[Path, str] = {}
    for name, path in zip(names, paths, strict=True):
        if files.setdefault(name, path) != path:
            problems[path] = f"{path}: has the same name as {files[name]}; remove one of the two"
    return files, problems


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
