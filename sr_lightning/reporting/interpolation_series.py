"""Series between two networks, as measured by ``interpolate --evaluate``."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from sr_lightning.errors import InputError
from sr_lightning.reporting.metric_info import RMSE, current_key, rmse

Rows = list[dict[str, str]]
LABELS = ("interpolated", "alpha", "benchmark", "image")  # columns that are not metrics


@dataclass
class Interpolation:
    """A measured series of interpolated networks.

    Attributes:
        name: of the folder.
        series: alpha -> metric -> mean over the images, by increasing alpha; empty if not measured on these images.
        reason: why the series is empty.
    """

    name: str
    series: dict[str, dict[str, float]] = field(default_factory=dict)
    reason: str = ""


def read_interpolation(folder: Path, images: Sequence[str]) -> Interpolation:
    """Read the series that was measured on the given images.

    Args:
        folder: PATH of ``interpolate --output PATH --evaluate FOLDER``, or its subfolder ``evaluation``.
        images: file names of the validation images; values on other images are not comparable and are not read.

    Raises:
        InputError: the folder holds no measured series.
    """
    files = [path for path in (folder / "evaluation" / "images.csv", folder / "images.csv") if path.is_file()]
    if not files:
        raise InputError(f"{folder}: no evaluation/images.csv; write it by interpolate … --evaluate FOLDER")
    benchmarks = read_rows(files[0])
    for alphas in benchmarks.values():
        if all([row["image"] for row in rows] == list(images) for rows in alphas.values()):
            return Interpolation(folder.name, {alpha: means(alphas[alpha]) for alpha in sorted(alphas, key=float)})
    return Interpolation(
        folder.name,
        reason=f"{folder}: was measured on {', '.join(benchmarks) or 'nothing'}, not on the validation images of the "
        "runs, so it is not in the plane; give interpolate --evaluate the folder of those images.",
    )


def read_rows(path: Path) -> dict[str, dict[str, Rows]]:
    """Read the rows of interpolated networks. Returns benchmark -> alpha -> rows."""
    benchmarks: dict[str, dict[str, Rows]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row.get("interpolated") == "networks":
                benchmarks.setdefault(row["benchmark"], {}).setdefault(row["alpha"], []).append(row)
    return benchmarks


def means(rows: Rows) -> dict[str, float]:
    """Return the mean of each metric over the images, with the RMSE derived from the PSNR of each image."""
    values = {current_key(key): fmean(float(row[key]) for row in rows) for key in rows[0] if key not in LABELS}
    return values | {RMSE.key: fmean(rmse(float(row["psnr_y"])) for row in rows)}
