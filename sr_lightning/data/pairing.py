"""Match the HR and LR images of two folders."""

from itertools import chain
from pathlib import Path

from sr_lightning import image
from sr_lightning.data.discovery import find_images, scan
from sr_lightning.errors import InputError


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
