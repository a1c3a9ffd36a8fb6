"""Evaluation images: Set5, Set14, B100 … or any folder."""

from collections.abc import Sequence
from pathlib import Path

from sr_lightning.data.datasets import Files, folder
from sr_lightning.errors import InputError


def find_benchmarks(names: Sequence[str], root: str | Path | None) -> dict[str, Files]:
    """The images of each benchmark: ``root/NAME/HR``, ``root/NAME``, or the folder NAME itself.

    Raises:
        InputError: none of these exists, or there is no image in it.
    """
    found = {}
    for name in names:
        places = [Path(name)] if root is None else [Path(root, name, "HR"), Path(root, name), Path(name)]
        place = next((place for place in places if place.is_dir()), None)
        if place is None:
            raise InputError(
                f"benchmark {name}: no folder {' or '.join(map(str, places))}; "
                "set benchmark_root=DIR, the folder that holds it, or give a folder of images"
            )
        short = Path(name).name
        found[name if short in found else short] = folder(place)
    return found
