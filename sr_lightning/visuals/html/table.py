"""Sortable tables of results with the best and second best values marked."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from markupsafe import Markup

from sr_lightning.visuals.html.templates import render


class Spread(NamedTuple):
    """Mean and sample standard deviation (n - 1) of some values; the deviation of one value is None."""

    mean: float
    deviation: float | None
    number: int


Cell = Spread | float | str | None


@dataclass(frozen=True)
class Column:
    """Heading of a column.

    Args:
        title: plain text.
        better: direction of better values; None marks no values.
        digits: after the decimal point.
    """

    title: str
    better: Literal["higher", "lower"] | None = None
    digits: int = 2


def ranks(values: Sequence[float | None], better: str, digits: int) -> list[int | None]:
    """Rank values after rounding: 1 for the best, 2 for the second best, None for the rest.

    Values that are equal after rounding share a rank; None and nan have none. A column of equal values has no best.
    """
    rounded = [None if value is None or math.isnan(value) else round(value, digits) for value in values]
    distinct = sorted({value for value in rounded if value is not None}, reverse=better == "higher")
    if len(distinct) < 2:
        return [None] * len(rounded)
    return [distinct.index(value) + 1 if value in distinct[:2] else None for value in rounded]


def places(
    columns: Sequence[Column], rows: Mapping[str, Sequence[Cell]], baselines: Collection[str] = ()
) -> list[list[int | None]]:
    """Return for each column the rank of each row, see `ranks`; baselines have none."""
    result: list[list[int | None]] = []
    for i, column in enumerate(columns):
        values = [None if name in baselines else _number(cells[i]) for name, cells in rows.items()]
        result.append(ranks(values, column.better, column.digits) if column.better else [None] * len(values))
    return result


def table(
    head: str,
    columns: Sequence[Column],
    rows: Mapping[str, Sequence[Cell]],
    caption: str = "",
    baselines: Collection[str] = (),
) -> Markup:
    """Return a table with named rows. A `Spread` is written as mean ± standard deviation, None as a dash.

    Args:
        head: heading of the names.
        columns: headings of the values.
        rows: name -> one cell per column.
        caption: plain text.
        baselines: names of rows for comparison, which are not marked as best.

    Raises:
        ValueError: a row and the columns differ in length.
    """
    check_lengths(columns, rows)
    marks = places(columns, rows, baselines)
    texts = [
        bool(rows) and all(isinstance(cells[i], str | None) for cells in rows.values()) for i in range(len(columns))
    ]
    lines = [
        {
            "name": name,
            "baseline": name in baselines,
            "cells": [_cell(cell, columns[i].digits, marks[i][row], texts[i]) for i, cell in enumerate(cells)],
        }
        for row, (name, cells) in enumerate(rows.items())
    ]
    heads = [_head(Column(head), False), *map(_head, columns, texts)]
    marked = any(rank for column in marks for rank in column)
    return render("table", caption=caption, label=caption or head, columns=heads, rows=lines, marked=marked)


def check_lengths(columns: Sequence[Column], rows: Mapping[str, Sequence[Cell]]) -> None:
    """Raise ValueError if a row and the columns differ in length."""
    for name, cells in rows.items():
        if len(cells) != len(columns):
            raise ValueError(f"row {name!r} has {len(cells)} cells for {len(columns)} columns")


def _head(column: Column, words: bool) -> dict[str, Any]:
    """Return a heading for the template; the last word stays on one line with the arrow."""
    before, space, last = column.title.rpartition(" ")
    return {"start": before + space, "last": last, "better": column.better, "words": words}


def _number(cell: Cell) -> float | None:
    """Return the value of a cell; None for text."""
    return cell.mean if isinstance(cell, Spread) else None if isinstance(cell, str) else cell


def _cell(cell: Cell, digits: int, rank: int | None, words: bool) -> dict[str, Any]:
    """Return a cell for the template.

    Args:
        rank: 1 for the best value, 2 for the second best.
        words: whether the column holds text.
    """
    number = _number(cell)
    if isinstance(cell, str) or words:
        return {"kind": "text", "text": cell or "", "words": words}
    if number is None or math.isnan(number):
        return {"kind": "none"}
    spread = cell if isinstance(cell, Spread) and cell.deviation is not None else None
    return {
        "kind": "number",
        "value": repr(number),
        "text": f"{number:.{digits}f}",
        "rank": rank,
        "deviation": spread and f"{spread.deviation:.{digits}f}",
        "number": spread and spread.number,
    }
