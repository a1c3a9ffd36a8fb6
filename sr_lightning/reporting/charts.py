"""Training curves and the perception–distortion plane of a report."""

import math
from collections.abc import Sequence

from sr_lightning.metrics import MetricInfo
from sr_lightning.reporting.columns import Baseline, Column
from sr_lightning.reporting.metric_info import GAP, PERCEPTUAL
from sr_lightning.reporting.report import Report
from sr_lightning.visuals.html import Axis, Series

BREAK = (math.nan, math.nan)
MANY = 8  # columns, beyond which their names would cover each other in the plane
LONGEST = 40  # letters that name the columns of a baseline


def curve_names(report: Report) -> list[str]:
    """What was logged by any run and is worth a curve: what is validated, then the losses."""
    names = list(dict.fromkeys(name for run in report.runs for name in run.curves))
    known = [f"val/{measure.key}" for measure in leading(report)]
    validated = [name for name in (*known, *sorted(names)) if name in names and name.startswith("val/")]
    losses = [name for name in names if name.startswith("train/") and name != "train/nonfinite_steps"]
    return list(dict.fromkeys([*validated, *losses]))


def curve_series(report: Report, name: str) -> list[Series]:
    """A line for each column: the mean over its seeds, with their deviation as a band."""
    found = []
    for column in report.columns:
        curve = column.curve(name)
        points = [(float(step), value.mean) for step, value in curve]
        spread = [value.deviation for _, value in curve if value.deviation is not None]
        found.append(Series(column.name, points, spread=spread if len(spread) == len(points) else ()))
    return found


def plane_axes(report: Report) -> tuple[MetricInfo, MetricInfo] | None:
    """Distortion and perception, of what interpolations know, too; None where one of them was not measured."""
    between = [values for each in report.interpolations for values in each.series.values()]
    by_key = {measure.key: measure for measure in report.measured}
    perception = next(
        (by_key[key] for key in PERCEPTUAL if key in by_key and all(key in values for values in between)), None
    )
    perception = by_key[report.perception] if report.perception else perception
    distortion = by_key.get(report.distortion or "psnr_y")
    return (distortion, perception) if distortion and perception else None


def leading(report: Report) -> list[MetricInfo]:
    """What is measured, with distortion and perception first, and then what an experiment measures besides."""
    first = [*(plane_axes(report) or ()), *(measure for measure in report.measured if measure == GAP)]
    return [*first, *(measure for measure in report.measured if measure not in first)]


def plane_series(report: Report, x: MetricInfo, y: MetricInfo) -> list[Series]:
    """Columns with their validations over time and their seeds, what they started from, bicubic, interpolations.

    Many columns are told by numbers, which the legend has before their names.
    """
    columns = [column for column in report.columns if column.finished]
    many = len(columns) > MANY
    found = [
        column_series(report, column, x, y, str(number) if many else "") for number, column in enumerate(columns, 1)
    ]
    for each in report.interpolations:
        points = [(values[x.key], values[y.key]) for values in each.series.values()]
        labels = [f"α {alpha}" if number in (0, len(points) - 1) else "" for number, alpha in enumerate(each.series)]
        notes = [f"{each.name}, alpha {alpha}" for alpha in each.series]
        found.append(Series(f"interpolation {each.name}", points, labels=labels, notes=notes))
    for baseline in (*report.starts, *report.bicubic):
        label = baseline.name if baseline in report.bicubic else "start"
        found.append(
            Series(name_of(baseline, report), [position(baseline, x, y)], labels=[label], line=False, quiet=True)
        )
    return [series for series in found if series.points]


def column_series(report: Report, column: Column, x: MetricInfo, y: MetricInfo, number: str = "") -> Series:
    """Validations from the start on as small points on a line; the checkpoint of the table large; each seed small.

    Args:
        number: written at its point in the place of its name.
    """
    points: list[tuple[float, float]] = []
    notes = []
    start = next((each for each in report.starts if column.name in each.columns), None)
    if start is not None:
        points.append(position(start, x, y))
        notes.append(f"{column.name}, the start")
    over_time = dict(column.curve(f"val/{x.key}")), dict(column.curve(f"val/{y.key}"))
    for step in sorted(over_time[0].keys() & over_time[1].keys()):
        points.append((over_time[0][step].mean, over_time[1][step].mean))
        notes.append(f"{column.name}, iteration {step}")
    labels = [""] * len(points)
    values = [run.values[run.trained] for run in column.finished]
    if len(values) > 1:
        for run, seed in zip(column.finished, values, strict=True):
            points += [BREAK, position(Baseline("", (), (seed,)), x, y)]
            notes += ["", f"{column.name}, seed {run.seed}"]
            labels += ["", ""]
    points += [BREAK, position(column, x, y)]
    return Series(
        f"{number} {column.name}".strip(),
        points,
        labels=[*labels, "", number or column.name],
        notes=[*notes, "", f"{column.name}, as in the table"],
    )


def position(what: Column | Baseline, x: MetricInfo, y: MetricInfo) -> tuple[float, float]:
    a, b = what.spread(x.key), what.spread(y.key)
    return (math.nan if a is None else a.mean, math.nan if b is None else b.mean)


def name_of(baseline: Baseline, report: Report) -> str:
    """Its network, and which columns it belongs to where there are others."""
    others = report.bicubic if baseline in report.bicubic else report.starts
    name = baseline.name if baseline in report.bicubic else f"start: {baseline.name}"
    own = "; ".join(baseline.columns)
    if len(own) > LONGEST:
        own = f"{baseline.columns[0]} and {len(baseline.columns) - 1} more"
    return name if len(others) == 1 else f"{name} ({own})"


def axis(measure: MetricInfo) -> Axis:
    return Axis(measure.heading, measure.better)


def named(measures: Sequence[MetricInfo], name: str) -> Axis:
    """The axis of what was logged under a name."""
    return next((axis(measure) for measure in measures if name == f"val/{measure.key}"), Axis(name))
