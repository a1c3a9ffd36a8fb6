"""The images of a folder, and the pairs of two folders."""

import os
from itertools import chain
from pathlib import Path

from sr_lightning import image
from sr_lightning.errors import InputError


def find_images(root: Path | str, extensions: frozenset[str] = image.EXTENSIONS) -> list[Path]:
    """All images below a folder, sorted by relative POSIX path; or the one image that `root` itself is.

    The case of a suffix does not matter. Names that begin with a dot and `__MACOSX` are skipped. Symbolic links are
    followed; a folder that can be reached in several ways is visited once.

    Args:
        extensions: suffixes, in lower case, of what counts as an image.
    Raises:
        InputError: there is no such folder, no image in it, or a folder below it cannot be listed.
    """
    root = Path(root)
    accepted = ", ".join(sorted(extensions))
    if not os.path.exists(root):
        raise InputError(f"{root}: cannot be found; check the path")
    if not root.is_dir():
        if root.suffix.lower() not in extensions:
            raise InputError(f"{root}: is no image of a kind that is read; accepted are {accepted}")
        return [root]
    found: list[Path] = []
    visited = {os.path.realpath(root)}
    for folder, folders, names in os.walk(root, followlinks=True, onerror=_refuse):
        folders[:] = _unvisited(Path(folder), folders, visited)
        shown = (Path(folder, name) for name in names if not name.startswith("."))
        found += [path for path in shown if path.suffix.lower() in extensions]
    if not found:
        raise InputError(f"{root}: no images in this folder; accepted are {accepted}")
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def pair_images(hr_root: Path | str, lr_root: Path | str, scale: int) -> list[tuple[Path, Path]]:
    """(HR, LR) files of two folders, matched by relative path without suffix, in the order of the HR folder.

    An LR name may end in `x{scale}`, as in DIV2K: `0001.png` and `0001x4.png`.

    Raises:
        InputError: an image has no partner or several, or a size is not HR size // scale; names the first such file.
    """
    pairs, problems = match_images(hr_root, lr_root, scale)
    if problems:
        first, *others = problems.values()
        raise InputError(f"{first} (and {len(others)} more like it)" if others else first)
    return pairs


def match_images(
    hr_root: Path | str, lr_root: Path | str, scale: int
) -> tuple[list[tuple[Path, Path]], dict[Path, str]]:
    """(HR, LR) files that go together, and what is wrong with any file of the two folders: {path: message}.

    Raises:
        InputError: one of the folders has no images.
        ValueError: the scale is not positive.
    """
    if scale < 1:
        raise ValueError(f"scale must be at least 1, not {scale}")
    hr_paths, lr_paths = find_images(hr_root), find_images(lr_root)
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
    """{path: message} for each unreadable header and each LR image whose size is not HR size // scale."""
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
                    f"{hr} ({width}x{height}) over {scale}; make it again or correct the scale"
                )
    return problems


def _names(root: Path | str, paths: list[Path]) -> list[str]:
    """Paths without suffix, relative to a folder or to the folder of a single file."""
    folder = Path(root) if Path(root).is_dir() else Path(root).parent
    return [path.relative_to(folder).with_suffix("").as_posix() for path in paths]


def _by_name(names: list[str], paths: list[Path]) -> tuple[dict[str, Path], dict[Path, str]]:
    """{name: its first path} and {path: message} for the others of the same name."""
    files: dict[str, Path] = {}
    problems: dict[Path, str] = {}
    for name, path in zip(names, paths, strict=True):
        if files.setdefault(name, path) != path:
            problems[path] = f"{path}: has the same name as {files[name]}; remove one of the two"
    return files, problems


def _unvisited(folder: Path, names: list[str], visited: set[str]) -> list[str]:
    """Names of the subfolders to go into: shown ones, each real folder once."""
    kept = []
    for name in sorted(names):
        real = os.path.realpath(folder / name)
        if not name.startswith(".") and name != "__MACOSX" and real not in visited:
            visited.add(real)
            kept.append(name)
    return kept


def _refuse(error: OSError) -> None:
    """Stop at a folder that cannot be listed: its images would be missing without a word."""
    raise InputError(f"{error.filename}: cannot be listed ({error.strerror}); check its rights") from error
