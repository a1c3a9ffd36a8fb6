"""Result and cost tables of a report, independent of the output format."""

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
    """A table with named rows.

    Attributes:
        head: heading of the names: the overrides that vary.
        heads: headings of the values.
        rows: name -> one cell per heading.
        keys: machine-readable names of the headings.
        baselines: names of the rows for comparison.
    """

    head: str
    heads: list[Head]
    rows: dict[str, list[Cell]]
    keys: list[str]
    baselines: list[str]


def results(report: Report) -> Table:
    """Return means over the validation images with deviations over seeds, and the status of the runs."""
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
    """Return the costs of the runs, mean and deviation over seeds; without headings if none were recorded.

    Args:
        report: the report.
        plain: without unit prefixes such as k and G.
    """
    keys = [key for key in COSTS if any(column.cost(key) for column in report.columns)]
    heads, rows = [], {column.name: list[Cell]() for column in report.columns}
    for key in keys:
        values = [column.cost(key) for column in report.columns]
        title, factor = unit(key, [value.mean for value in values if value])
        heads.append(Head(title))
        for cells, value in zip(rows.values(), values, strict=True):
            cells.append(scaled(value, 1.0 if plain else factor))
    return Table(axes(report), heads, rows, keys, [])


def unit(key: str, values: Sequence[float]) -> tuple[str, float]:
    """Return the title of a cost with its unit and the factor to that unit, chosen for the largest value."""
    title, name = COSTS[key]
    if name is None:
        return title, 1.0
    prefix = next((prefix for prefix, size in PREFIXES.items() if max(values) >= size), "")
    return f"{title} ({prefix}{name})".replace(" ()", ""), 1 / PREFIXES[prefix]


def scaled(value: Spread | None, factor: float) -> Cell:
    """Convert to the unit of the column; values without deviation become plain numbers."""
    if value is None:
        return None
    if not value.deviation:
        return value.mean * factor
    return Spread(value.mean * factor, value.deviation * factor, value.number)


def axes(report: Report) -> str:
    """Return the keys of the overrides that vary."""
    keys: Mapping[str, None] = dict.fromkeys(axis.split("=", 1)[0] for column in report.columns for axis in column.axes)
    return ", ".join(keys) or "network"
