"""Find evaluation images: Set5, Set14, B100 or any folder."""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.data.datasets import Files, folder
from sr_lightning.errors import InputError


def find_benchmarks(names: Sequence[str], root: str | Path | None) -> dict[str, Files]:
    """Return the images of each benchmark, from ``root/NAME/HR``, ``root/NAME`` or the folder NAME.

    The keys are the last parts of the names, or the full names where the last parts are equal.

    Raises:
        InputError: none of these folders exists, or it holds no image.
    """
    benchmarks: dict[str, Files] = {}
    for name in names:
        candidates = [Path(name)] if root is None else [Path(root, name, "HR"), Path(root, name), Path(name)]
        images = next((candidate for candidate in candidates if candidate.is_dir()), None)
        if images is None:
            raise InputError(
                f"benchmark {name}: no folder {' or '.join(map(str, candidates))}; "
                "set benchmark_root=DIR, the folder that holds it, or give a folder of images"
            )
        short = Path(name).name
        benchmarks[name if short in benchmarks else short] = folder(images)
    return benchmarks
