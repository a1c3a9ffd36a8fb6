"""All that a report tells, from the folders of a run or a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sr_lightning.errors import InputError
from sr_lightning.metrics import MetricInfo
from sr_lightning.reporting.columns import Baseline, Column, baselines, columns_of, neighbours
from sr_lightning.reporting.interpolation_series import Interpolation, read_interpolation
from sr_lightning.reporting.metric_info import GAP, RMSE, current_key, metric_infos, rmse
from sr_lightning.reporting.run_reader import Run, read_runs
from sr_lightning.reporting.significance import Difference, corrected, difference

Pair = tuple[str, str]
"""Names of a column and of that which it is compared with."""


@dataclass
class Report:
    """
    Attributes:
        folder: of the run or the sweep.
        runs: in the order of the sweep.
        columns: of the ablation.
        measured: what is known of finished runs.
        bicubic: one, or one for each kind of low resolution.
        starts: networks that training started from.
        distortion: key of the plane's horizontal axis; None: PSNR.
        perception: of its vertical one; None: the first of those known that was measured.
        interpolations: series between two networks.
        missing: sentences on what cannot be told, and why.
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
        """The sweep's name, or the run's with its time."""
        if len(self.runs) == 1 and self.runs[0].folder == self.folder:
            return f"{self.folder.resolve().parent.name}/{self.folder.resolve().name}"
        return self.folder.resolve().name

    @property
    def finished(self) -> list[Run]:
        return [run for run in self.runs if run.finished]

    @property
    def seeds(self) -> int:
        """Of the column that has most of them."""
        return max((len(column.finished) for column in self.columns), default=0)


def gather(
    folder: Path,
    interpolations: Sequence[Path] = (),
    distortion: str | None = None,
    perception: str | None = None,
) -> Report:
    """Read everything.

    Args:
        folder: of a run or a sweep.
        interpolations: folders that ``interpolate --evaluate`` wrote.
        distortion: `Report.distortion`; with ``rmse_y`` the tables tell it, too.
        perception: `Report.perception`.
    Raises:
        InputError: the folder is neither, a file in it is damaged, or no such metric was measured.
    """
    runs = read_runs(folder)
    columns = columns_of(runs)
    finished = [run for run in runs if run.finished]
    keys = list(dict.fromkeys(key for run in finished for values in run.values[run.trained].values() for key in values))
    metrics = {current_key(k): metric for run in runs for k, metric in (run.config.get("metrics") or {}).items()}
    metrics |= {current_key(k): metric for run in finished for k, metric in run.protocol.get("metrics", {}).items()}
    if not keys:
        keys = [key for key in metrics if any(f"val/{key}" in run.curves for run in runs)]
    if any(f"val/{GAP.key}" in run.curves for run in runs):
        keys.append(GAP.key)
    if distortion == RMSE.key and "psnr_y" in keys:
        for values in [values for run in finished for images in run.values.values() for values in images.values()]:
            values[RMSE.key] = rmse(values["psnr_y"])
        keys.insert(keys.index("psnr_y") + 1, RMSE.key)
    for option, key in (("--distortion", distortion), ("--perception", perception)):
        if key is not None and key not in keys:
            raise InputError(f"{option} {key}: was not measured; there are {', '.join(keys) or 'no values yet'}")
    report = Report(
        folder, runs, columns, metric_infos(keys, metrics), baselines(columns, "bicubic"), baselines(columns, "start"),
        distortion, perception,
    )  # fmt: skip
    for run in runs:
        if not run.finished:
            report.missing.append(f"{' '.join(run.axes) or run.folder.name} ({run.folder.name}): {run.told()}")
    images = [list(run.values[run.trained]) for run in finished]
    if any(each != images[0] for each in images):
        report.missing.append(
            "The runs were measured on different validation images: their means cannot be compared, and pairs are made "
            "only of columns that have the same images."
        )
    for path in interpolations:
        found = read_interpolation(path, images[0] if images else [])
        without = [key for key in (distortion, perception) if key and any(key not in v for v in found.series.values())]
        if found.series and not without:
            report.interpolations.append(found)
        else:
            report.missing.append(found.reason or f"{path}: {', '.join(without)} was not measured")
    return report


def compared(report: Report, measure: MetricInfo, against: str | None = None) -> dict[Pair, Difference]:
    """Each column against the first one, or another, and then against those that it differs from in one word.

    Where several words vary, the latter alone, unless a column is asked for: what a difference in two words comes of,
    nobody can tell. What is paired are the images, whose values are means over the seeds; the tests are corrected for
    the number of pairs.

    Raises:
        InputError: no column of that name.
    """
    scores = {column.name: column.scores(measure.key) for column in report.columns}
    if against is not None and against not in scores:
        raise InputError(f"--against {against}: no such column; there are {', '.join(scores)}")
    names = [name for name, values in scores.items() if values]
    known = [column for column in report.columns if column.name in names]
    pairs = [(column.name, other.name) for column, other in neighbours(known)]
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
