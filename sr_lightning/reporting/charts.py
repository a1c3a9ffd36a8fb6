"""Training curves and the perception–distortion plane of a report."""

import math
from collections.abc import Sequence

from sr_lightning.metrics import MetricInfo
from sr_lightning.reporting.columns import Baseline, Column
from sr_lightning.reporting.metric_info import GAP, PERCEPTUAL
from sr_lightning.reporting.report import Report
from sr_lightning.visuals.html import Axis, Series

BREAK = (math.nan, math.nan)
MANY = 8  # columns; more are numbered in the plane, as their names would overlap
LONGEST = 40  # characters that name the columns of a baseline


def curve_names(report: Report) -> list[str]:
    """Return the logged names to plot: validated metrics, then training losses."""
    names = list(dict.fromkeys(name for run in report.runs for name in run.curves))
    known = [f"val/{measure.key}" for measure in leading(report)]
    validated = [name for name in (*known, *sorted(names)) if name in names and name.startswith("val/")]
    losses = [name for name in names if name.startswith("train/") and name != "train/nonfinite_steps"]
    return list(dict.fromkeys([*validated, *losses]))


def curve_series(report: Report, name: str) -> list[Series]:
    """Return one line per column: the mean over seeds, with the standard deviation as a band."""
    result = []
    for column in report.columns:
        curve = column.curve(name)
        points = [(float(step), value.mean) for step, value in curve]
        spread = [value.deviation for _, value in curve if value.deviation is not None]
        result.append(Series(column.name, points, spread=spread if len(spread) == len(points) else ()))
    return result


def plane_axes(report: Report) -> tuple[MetricInfo, MetricInfo] | None:
    """Return the distortion and perception metrics, measured for interpolations, too; None if one was not measured."""
    between = [values for each in report.interpolations for values in each.series.values()]
    by_key = {measure.key: measure for measure in report.measured}
    perception = next(
        (by_key[key] for key in PERCEPTUAL if key in by_key and all(key in values for values in between)), None
    )
    perception = by_key[report.perception] if report.perception else perception
    distortion = by_key.get(report.distortion or "psnr_y")
    return (distortion, perception) if distortion and perception else None


def leading(report: Report) -> list[MetricInfo]:
    """Return the measured metrics: distortion and perception first, then the batch norm gap, then the others."""
    first = [*(plane_axes(report) or ()), *(measure for measure in report.measured if measure == GAP)]
    return [*first, *(measure for measure in report.measured if measure not in first)]


def plane_series(report: Report, x: MetricInfo, y: MetricInfo) -> list[Series]:
    """Return the points of the plane: columns with validations and seeds, interpolations, starts and bicubic.

    More than `MANY` columns are numbered; the legend has number and name.
    """
    columns = [column for column in report.columns if column.finished]
    many = len(columns) > MANY
    result = [
        column_series(report, column, x, y, str(number) if many else "") for number, column in enumerate(columns, 1)
    ]
    for each in report.interpolations:
        points = [(values[x.key], values[y.key]) for values in each.series.values()]
        labels = [f"α {alpha}" if number in (0, len(points) - 1) else "" for number, alpha in enumerate(each.series)]
        notes = [f"{each.name}, alpha {alpha}" for alpha in each.series]
        result.append(Series(f"interpolation {each.name}", points, labels=labels, notes=notes))
    for baseline in (*report.starts, *report.bicubic):
        label = baseline.name if baseline in report.bicubic else "start"
        result.append(
            Series(name_of(baseline, report), [position(baseline, x, y)], labels=[label], line=False, quiet=True)
        )
    return [series for series in result if series.points]


def column_series(report: Report, column: Column, x: MetricInfo, y: MetricInfo, number: str = "") -> Series:
    """Return validations as small points on a line, seeds as small points, and the mean of the table as a large one.

    Args:
        report: the report.
        column: to draw.
        x: distortion metric.
        y: perception metric.
        number: label that replaces the name.
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


def position(network: Column | Baseline, x: MetricInfo, y: MetricInfo) -> tuple[float, float]:
    """Return the means of both metrics; nan if unknown."""
    a, b = network.spread(x.key), network.spread(y.key)
    return (math.nan if a is None else a.mean, math.nan if b is None else b.mean)


def name_of(baseline: Baseline, report: Report) -> str:
    """Return the name of a baseline, with its columns if there are several baselines."""
    others = report.bicubic if baseline in report.bicubic else report.starts
    name = baseline.name if baseline in report.bicubic else f"start: {baseline.name}"
    own = "; ".join(baseline.columns)
    if len(own) > LONGEST:
        own = f"{baseline.columns[0]} and {len(baseline.columns) - 1} more"
    return name if len(others) == 1 else f"{name} ({own})"


def axis(measure: MetricInfo) -> Axis:
    """Return the axis of a metric."""
    return Axis(measure.heading, measure.better)


def named(measures: Sequence[MetricInfo], name: str) -> Axis:
    """Return the axis of a logged name: that of its metric, or the name."""
    return next((axis(measure) for measure in measures if name == f"val/{measure.key}"), Axis(name))
