"""Files that a run logs: values of each validation image, and curves over the iterations."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from sr_lightning.reporting.metric_info import current_key

NOT_MEASURED = ("network", "benchmark", "image")

Values = dict[str, dict[str, float]]  # image -> metric -> value
Curve = list[tuple[int, float]]  # iteration, value


def read_values(path: Path) -> dict[str, Values]:
    """Read network -> image -> metric -> value; images with equal names are numbered."""
    found: dict[str, Values] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            images = found.setdefault(row["network"], {})
            name = row["image"] if row["image"] not in images else f"{row['image']} ({len(images)})"
            images[name] = {current_key(key): float(value) for key, value in row.items() if key not in NOT_MEASURED}
    return found


def read_curves(folder: Path) -> dict[str, Curve]:
    """Read every logged value by iteration; after a resume from an earlier iteration, the later values count."""
    found: dict[str, dict[int, float]] = {}
    files = sorted(folder.glob("csv/version_*/metrics.csv"), key=lambda path: int(path.parent.name.split("_")[1]))
    for path in files:
        rows = list(logged(path))
        begin = min((step for step, _ in rows), default=math.inf)
        for values in found.values():
            for step in [step for step in values if step >= begin]:
                del values[step]
        for step, row in rows:
            for name, value in row.items():
                found.setdefault(current_key(name), {})[step] = value
    return {name: sorted(values.items()) for name, values in found.items() if values}


def logged(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield iteration and values of each line, without an incomplete last line."""
    complete, _, _ = path.read_text("utf-8").rpartition("\n")
    for row in csv.DictReader(complete.splitlines()):
        yield int(row["step"]), {name: float(value) for name, value in row.items() if name != "step" and value}
