"""The table of a report: a row for each baseline and each column, the same for every format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sr_lightning.reporting.charts import name_of
from sr_lightning.reporting.report import Report
from sr_lightning.reporting.significance import Spread
from sr_lightning.visuals.html import Column as Head
from sr_lightning.visuals.html.table import Cell

# key in result.json -> title, unit
COSTS = {
    "parameters": ("Parameters", ""),
    "multiply_adds": ("Multiply-adds", ""),
    "iterations_per_second": ("Iterations/s", None),
    "peak_memory_bytes": ("Peak memory", "B"),
}
PREFIXES = {"G": 1e9, "M": 1e6, "k": 1e3, "": 1.0}


@dataclass(frozen=True)
class Table:
    """
    Attributes:
        head: of the column of names: the axes.
        heads: of the others.
        rows: name -> a cell for each head.
        keys: of the heads, for programs.
        baselines: names of the rows that are there to compare with.
    """

    head: str
    heads: list[Head]
    rows: dict[str, list[Cell]]
    keys: list[str]
    baselines: list[str]


def results(report: Report) -> Table:
    """Means over the validation images, with their deviation over the seeds, and how far the runs have come."""
    heads = [Head(measure.heading, measure.better, measure.digits) for measure in report.measured]
    rows: dict[str, list[Cell]] = {}
    for baseline in (*report.bicubic, *report.starts):
        rows[name_of(baseline, report)] = [*(baseline.spread(measure.key) for measure in report.measured), None]
    compared_with = list(rows)
    for column in report.columns:
        rows[column.name] = [*(column.spread(measure.key) for measure in report.measured), column.status()]
    keys = [*(measure.key for measure in report.measured), "status"]
    return Table(axes(report), [*heads, Head("Runs")], rows, keys, compared_with)


def costs(report: Report, plain: bool = False) -> Table:
    """What the runs took, mean and deviation over the seeds; without heads where nobody recorded it.

    Args:
        plain: numbers and bytes, rather than the units that fit.
    """
    keys = [key for key in COSTS if any(column.cost(key) for column in report.columns)]
    heads, rows = [], {column.name: list[Cell]() for column in report.columns}
    for key in keys:
        found = [column.cost(key) for column in report.columns]
        title, factor = unit(key, [value.mean for value in found if value])
        heads.append(Head(title))
        for cells, value in zip(rows.values(), found, strict=True):
            cells.append(scaled(value, 1.0 if plain else factor))
    return Table(axes(report), heads, rows, keys, [])


def unit(key: str, values: Sequence[float]) -> tuple[str, float]:
    """Title of a cost with its unit, and the factor to it: one for all columns, by the largest."""
    title, name = COSTS[key]
    if name is None:
        return title, 1.0
    prefix = next((prefix for prefix, size in PREFIXES.items() if max(values) >= size), "")
    return f"{title} ({prefix}{name})".replace(" ()", ""), 1 / PREFIXES[prefix]


def scaled(value: Spread | None, factor: float) -> Cell:
    """In the unit of its column; what all seeds have in common is a plain number."""
    if value is None:
        return None
    if not value.deviation:
        return value.mean * factor
    return Spread(value.mean * factor, value.deviation * factor, value.number)


def axes(report: Report) -> str:
    """What varies."""
    keys: Mapping[str, None] = dict.fromkeys(axis.split("=", 1)[0] for column in report.columns for axis in column.axes)
    return ", ".join(keys) or "network"
