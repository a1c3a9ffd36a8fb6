"""Series between two networks, as ``interpolate --evaluate`` has measured them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from sr_lightning.errors import InputError
from sr_lightning.reporting.metric_info import RMSE, rmse


@dataclass
class Interpolation:
    """
    Attributes:
        name: of the folder.
        series: alpha -> metric -> mean over the images, in the order of alpha.
        reason: why there is none.
    """

    name: str
    series: dict[str, dict[str, float]] = field(default_factory=dict)
    reason: str = ""


def read_interpolation(folder: Path, images: Sequence[str]) -> Interpolation:
    """The series of interpolated networks on these images.

    Args:
        folder: PATH of ``interpolate --output PATH --evaluate FOLDER``, or its ``evaluation``.
        images: names; a series that was measured on others would stand beside values that it cannot be compared with.
    Raises:
        InputError: nothing was measured there.
    """
    places = [path for path in (folder / "evaluation" / "images.csv", folder / "images.csv") if path.is_file()]
    if not places:
        raise InputError(f"{folder}: no evaluation/images.csv; write it by interpolate … --evaluate FOLDER")
    found = Interpolation(folder.name)
    groups: dict[str, dict[str, list[dict[str, str]]]] = {}  # benchmark -> alpha -> rows
    with places[0].open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row.get("interpolated") == "networks":
                groups.setdefault(row["benchmark"], {}).setdefault(row["alpha"], []).append(row)
    for alphas in groups.values():
        if all([row["image"] for row in rows] == list(images) for rows in alphas.values()):
            for alpha in sorted(alphas, key=float):
                metrics = [
                    key for key in alphas[alpha][0] if key not in ("interpolated", "alpha", "benchmark", "image")
                ]
                found.series[alpha] = {key: fmean(float(row[key]) for row in alphas[alpha]) for key in metrics}
                found.series[alpha][RMSE.key] = fmean(rmse(float(row["psnr_y"])) for row in alphas[alpha])
            return found
    found.reason = (
        f"{folder}: was measured on {', '.join(groups) or 'nothing'}, not on the validation images of the runs, so it "
        "is not in the plane; give interpolate --evaluate the folder of those images."
    )
    return found
