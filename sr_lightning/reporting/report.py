"""Contents of a report, read from the folder of a run or a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sr_lightning.errors import InputError
from sr_lightning.evaluation.metric_infos import metric_infos
from sr_lightning.metrics import MetricInfo
from sr_lightning.reporting.columns import Baseline, Column, baselines, columns_of, neighbors
from sr_lightning.reporting.interpolation_series import Interpolation, read_interpolation
from sr_lightning.reporting.metric_info import GAP, RMSE, current_key, rmse
from sr_lightning.reporting.run import Run
from sr_lightning.reporting.run_reader import read_runs
from sr_lightning.reporting.significance import Difference, corrected, difference

Pair = tuple[str, str]
"""Names of two compared columns."""


@dataclass
class Report:
    """Contents of a report.

    Attributes:
        folder: of the run or the sweep.
        runs: in the order of the sweep.
        columns: of the ablation.
        measured: metrics of the finished runs.
        bicubic: bicubic baseline, one for each degradation.
        starts: networks that training started from.
        distortion: key of the plane's horizontal axis; None: PSNR.
        perception: key of the plane's vertical axis; None: the first measured one of `metric_info.PERCEPTUAL`.
        interpolations: series between two networks.
        missing: sentences on what is missing, and why.
    """

    folder: Path
    runs: list[Run]
    columns: list[Column]
    measured: list[MetricInfo]
    bicubic: list[Baseline]
    starts: list[Baseline]
    distortion: str | None = None
    perception: str | None = None
    interpolations: list[Interpolation] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """Name of the sweep, or name and time of the run."""
        if len(self.runs) == 1 and self.runs[0].folder == self.folder:
            return f"{self.folder.resolve().parent.name}/{self.folder.resolve().name}"
        return self.folder.resolve().name

    @property
    def finished(self) -> list[Run]:
        """Finished runs, in the order of the sweep."""
        return [run for run in self.runs if run.finished]

    @property
    def seeds(self) -> int:
        """Largest number of finished seeds of a column."""
        return max((len(column.finished) for column in self.columns), default=0)


def gather(
    folder: Path,
    interpolations: Sequence[Path] = (),
    distortion: str | None = None,
    perception: str | None = None,
) -> Report:
    """Read the runs, group them into columns and check what is missing.

    Args:
        folder: of a run or a sweep.
        interpolations: folders written by ``interpolate --evaluate``.
        distortion: see `Report.distortion`; ``rmse_y`` is also added to the tables.
        perception: see `Report.perception`.

    Raises:
        InputError: the folder is neither, a file in it is damaged, or a chosen metric was not measured.
    """
    runs = read_runs(folder)
    columns = columns_of(runs)
    if distortion == RMSE.key:
        add_rmse(runs)
    keys = measured_keys(runs)
    for option, key in (("--distortion", distortion), ("--perception", perception)):
        if key is not None and key not in keys:
            raise InputError(f"{option} {key}: was not measured; there are {', '.join(keys) or 'no values yet'}")
    derived = {info.key: info for info in (RMSE, GAP)}
    measured = [derived.get(info.key, info) for info in metric_infos(keys, configured_metrics(runs))]
    bicubic, starts = (baselines(columns, kind) for kind in ("bicubic", "start"))
    report = Report(folder, runs, columns, measured, bicubic, starts, distortion, perception)
    report.missing += unfinished(runs) + different_images(report.finished)
    for path in interpolations:
        add_interpolation(report, path)
    return report


def add_rmse(runs: Sequence[Run]) -> None:
    """Derive the RMSE of each image from its PSNR-Y, where that was measured; it follows PSNR-Y in the order."""
    for run in runs:
        for images in run.values.values():
            for image, values in images.items():
                if "psnr_y" in values:
                    items = list(values.items())
                    items.insert(list(values).index("psnr_y") + 1, (RMSE.key, rmse(values["psnr_y"])))
                    images[image] = dict(items)


def measured_keys(runs: Sequence[Run]) -> list[str]:
    """Return the metrics of the finished runs, or, before any has finished, those that were logged."""
    finished = [run for run in runs if run.finished]
    keys = list(dict.fromkeys(key for run in finished for values in run.values[run.trained].values() for key in values))
    if not keys:
        keys = [key for key in configured_metrics(runs) if any(f"val/{key}" in run.curves for run in runs)]
    logged_gap = any(f"val/{GAP.key}" in run.curves for run in runs)
    return [*keys, GAP.key] if logged_gap else keys


def configured_metrics(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the configuration of each metric; how a finished run was measured takes precedence."""
    configs = [run.config.get("metrics") or {} for run in runs]
    configs += [run.protocol.get("metrics", {}) for run in runs if run.finished]
    return {current_key(key): metric for config in configs for key, metric in config.items()}


def unfinished(runs: Sequence[Run]) -> list[str]:
    """Return a sentence about each run that has not finished."""
    return [
        f"{' '.join(run.axes) or run.folder.name} ({run.folder.name}): {run.describe_status()}"
        for run in runs
        if not run.finished
    ]


def different_images(finished: Sequence[Run]) -> list[str]:
    """Return a warning if the finished runs were measured on different images."""
    images = [list(run.values[run.trained]) for run in finished]
    if all(each == images[0] for each in images):
        return []
    return [
        "The runs were measured on different validation images: their means cannot be compared, and only columns with "
        "the same images are paired."
    ]


def add_interpolation(report: Report, path: Path) -> None:
    """Read a series of interpolated networks, or say why it is missing."""
    images = list(report.finished[0].values[report.finished[0].trained]) if report.finished else []
    series = read_interpolation(path, images)
    axes = filter(None, (report.distortion, report.perception))
    absent = [key for key in axes if any(key not in values for values in series.series.values())]
    if series.series and not absent:
        report.interpolations.append(series)
    else:
        report.missing.append(series.reason or f"{path}: {', '.join(absent)} was not measured")


def compared(report: Report, measure: MetricInfo, against: str | None = None) -> dict[Pair, Difference]:
    """Compare columns image by image: with the first column, or `against`, and with those that differ in one override.

    If several overrides vary, only columns that differ in one of them are compared, unless `against` is given: a
    difference in two overrides has no single cause. Values are averaged over seeds before images are paired; tests are
    corrected for the number of pairs.

    Raises:
        InputError: there is no column of that name.
    """
    scores = {column.name: column.scores(measure.key) for column in report.columns}
    if against is not None and against not in scores:
        raise InputError(f"--against {against}: no such column; there are {', '.join(scores)}")
    names = [name for name, values in scores.items() if values]
    known = [column for column in report.columns if column.name in names]
    pairs = [(column.name, other.name) for column, other in neighbors(known)]
    crossed = any(len(column.axes) > 1 for column in known)
    if against is not None or not crossed or not pairs:
        first = against if against is not None else next(iter(names), "")
        beside, pairs = pairs, [(name, first) for name in names if name != first]
        pairs += [pair for pair in beside if pair not in pairs and pair[::-1] not in pairs]
    return corrected({
        (name, other): difference(list(scores[name].values()), list(scores[other].values()))
        for name, other in pairs
        if list(scores[name]) == list(scores[other]) and scores[name]
    })  # fmt: skip
