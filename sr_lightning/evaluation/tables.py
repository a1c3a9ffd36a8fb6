"""Tables of results on the screen and as CSV, Markdown and JSON."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sr_lightning.evaluation.metric_infos import metric_infos
from sr_lightning.metrics import STANDARD
from sr_lightning.system.atomic import replacing, write_text

UNLIMITED = 10**6  # columns, to measure how wide a table would be
Row = dict[str, Any]  # network, benchmark, image, and a value for each metric


def means(rows: Sequence[Row]) -> list[Row]:
    """Return one row per network and benchmark: number of images and mean of each metric.

    Images on which a metric is undefined, nan, are left out of its mean; `undefined` names them.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["network"], row["benchmark"]), []).append(row)
    summary = []
    for (network, benchmark), members in groups.items():
        keys = [key for key, value in members[0].items() if isinstance(value, float)]
        values = {key: [row[key] for row in members if not math.isnan(row[key])] for key in keys}
        mean = {key: fmean(numbers) if numbers else math.nan for key, numbers in values.items()}
        summary.append({"network": network, "benchmark": benchmark, "images": len(members), **mean})
    return summary


def undefined(rows: Sequence[Row]) -> list[str]:
    """Return a line for each metric and network that is nan on some images, with the names of the images."""
    images: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, float) and math.isnan(value):
                images.setdefault((key, row["network"]), []).append(f"{row['benchmark']}/{row['image']}")
    lines = []
    for (key, network), names in images.items():
        others = f" and {len(names) - 3} more" if len(names) > 3 else ""
        lines.append(
            f"{key} of {network}: undefined for {', '.join(names[:3])}{others}; {len(names)} left out of the mean"
        )
    return lines


def without_nonfinite(value: Any) -> Any:
    """Replace nan and infinity in nested containers by None, which JSON can represent."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: without_nonfinite(part) for key, part in value.items()}
    return [without_nonfinite(part) for part in value] if isinstance(value, list | tuple) else value


def cells(row: Row, metrics: Mapping[str, Any] | None = None) -> list[str]:
    """Format a row: metrics with the digits of their class, other floats with four.

    Args:
        row: of a summary.
        metrics: configuration of the metrics, key -> ``{_target_: CLASS, …}``; None: only standard metrics are known.
    """
    infos = [*STANDARD.values(), *metric_infos(metrics or {}, metrics or {})]
    digits = {info.key: info.digits for info in infos}
    return [f"{v:.{digits.get(k, 4)}f}" if isinstance(v, float) else str(v) for k, v in row.items()]


def show(
    summary: Sequence[Row], title: str, metrics: Mapping[str, Any] | None = None, console: Console | None = None
) -> None:
    """Print a summary as a table that no width cuts: no digit or name is shortened or broken over lines.

    A table that is wider than the terminal is transposed; if that is wider as well, each row becomes a list.

    Args:
        summary: rows with equal keys.
        title: above the table.
        metrics: see `cells`.
        console: to print to; None: standard output.
    """
    console = console or Console()
    console.print(title, style="italic", markup=False, highlight=False, soft_wrap=True)
    lines = [list(summary[0]), *(cells(row, metrics) for row in summary)]
    for layout in (lines, list(zip(*lines, strict=True))):
        table = as_table(layout)
        if console.measure(table, options=console.options.update(width=UNLIMITED)).maximum <= console.width:
            console.print(table)
            return
    console.print(as_lists(lines), markup=False, highlight=False, soft_wrap=True)


def as_table(lines: Sequence[Sequence[str]]) -> Table:
    """Return a table of texts; the first line is the header, and numbers are aligned to the right."""
    table = Table(header_style="bold")
    for number, heading in enumerate(lines[0]):
        numeric = any(line[number][-1:].isdigit() and "." in line[number] for line in lines[1:])
        table.add_column(escape(heading), justify="right" if numeric else "left", overflow="fold")
    for line in lines[1:]:
        table.add_row(*map(escape, line))
    return table


def as_lists(lines: Sequence[Sequence[str]]) -> str:
    """Return each line of texts as a list of ``heading  text``, for terminals that are narrower than a table."""
    width = max(map(len, lines[0]))
    blocks = [
        "\n".join(f"{heading:{width}}  {text}" for heading, text in zip(lines[0], line, strict=True))
        for line in lines[1:]
    ]
    return "\n\n".join(blocks)


def markdown(summary: Sequence[Row], metrics: Mapping[str, Any] | None = None) -> str:
    """Return a summary as a Markdown table; see `cells` for ``metrics``."""
    lines = [list(summary[0]), ["---"] * len(summary[0]), *(cells(row, metrics) for row in summary)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_csv(path: Path, rows: Sequence[Row], names: Sequence[str] = ()) -> None:
    """Write rows as CSV with a header, atomically; parent folders are created.

    Args:
        path: of the file.
        rows: with equal keys.
        names: of the columns; by default those of the first row.

    Raises:
        InputError: the file cannot be written.
    """
    with replacing(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names or list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def write_results(folder: Path, rows: Sequence[Row], protocol: Mapping[str, Any], left_out: Sequence[str] = ()) -> None:
    """Write ``images.csv`` with a row per image, ``summary.md`` and ``summary.json`` with the protocol.

    Args:
        folder: of the files.
        rows: one per image.
        protocol: from `benchmark.protocol`.
        left_out: messages about images that are not measured, or not by every metric.

    Raises:
        InputError: a file cannot be written.
    """
    write_csv(folder / "images.csv", rows)
    summary = means(rows)
    described = "\n".join(f"- {key}: {value}" for key, value in protocol.items())
    notes = "".join(f"- left out: {message}\n" for message in left_out)
    write_text(folder / "summary.md", f"{markdown(summary, protocol['metrics'])}\n{described}\n{notes}")
    content = {"summary": summary, "protocol": dict(protocol), **({"left_out": list(left_out)} if left_out else {})}
    write_text(folder / "summary.json", json.dumps(without_nonfinite(content), indent=2, allow_nan=False) + "\n")
