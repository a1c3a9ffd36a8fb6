"""Find evaluation images: Set5, Set14, B100 or any folder."""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.data.datasets import Files, folder
from sr_lightning.errors import InputError
from sr_lightning.system.unique_names import unique_paths


def find_benchmarks(names: Sequence[str], root: str | Path | None) -> dict[str, Files]:
    """Return the images of each benchmark, from ``root/NAME/HR``, ``root/NAME`` or the folder NAME.

    The keys are the last parts of the names, with as many folders as are needed to distinguish them.

    Raises:
        InputError: none of these folders exists, or it holds no image.
    """
    names = list(dict.fromkeys(names))
    files = [folder(find_folder(name, root)) for name in names]
    short = unique_paths([Path(name) for name in names], suffix=True)
    return dict(zip(short, files, strict=True))


def find_folder(name: str, root: str | Path | None) -> Path:
    """Return the folder of a benchmark.

    Raises:
        InputError: none of the possible folders exists.
    """
    candidates = [Path(name)] if root is None else [Path(root, name, "HR"), Path(root, name), Path(name)]
    images = next((candidate for candidate in candidates if candidate.is_dir()), None)
    if images is None:
        raise InputError(
            f"benchmark {name}: no folder {' or '.join(map(str, candidates))}; "
            "set benchmark_root=DIR, the folder that holds it, or give a folder of images"
        )
    return images
