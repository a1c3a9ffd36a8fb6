"""A table of results whose best and second best values are marked; a click on a column's head sorts."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, NamedTuple


class Spread(NamedTuple):
    """Mean and sample standard deviation (n - 1) of some values; one value has no deviation, None."""

    mean: float
    deviation: float | None
    number: int


Cell = Spread | float | str | None


@dataclass(frozen=True)
class Column:
    """What stands at the head of a column.

    Args:
        title: plain text.
        better: which values are; None marks none.
        digits: after the point.
    """

    title: str
    better: Literal["higher", "lower"] | None = None
    digits: int = 2


def ranks(values: Sequence[float | None], better: str, digits: int) -> list[int | None]:
    """1 for the best, 2 for the second best, as they are written: equal when rounded is equal in rank.

    None and nan have no rank. A column with one value has no best.
    """
    rounded = [None if value is None or math.isnan(value) else round(value, digits) for value in values]
    distinct = sorted({value for value in rounded if value is not None}, reverse=better == "higher")
    if len(distinct) < 2:
        return [None] * len(rounded)
    return [distinct.index(value) + 1 if value in distinct[:2] else None for value in rounded]


def places(
    columns: Sequence[Column], rows: Mapping[str, Sequence[Cell]], baselines: Collection[str] = ()
) -> list[list[int | None]]:
    """For each column the rank of each row's value, as `ranks`; baselines have none."""
    found: list[list[int | None]] = []
    for i, column in enumerate(columns):
        values = [None if name in baselines else _number(cells[i]) for name, cells in rows.items()]
        found.append(ranks(values, column.better, column.digits) if column.better else [None] * len(values))
    return found


def table(
    head: str,
    columns: Sequence[Column],
    rows: Mapping[str, Sequence[Cell]],
    caption: str = "",
    baselines: Collection[str] = (),
) -> str:
    """Rows by name. A `Spread` is written as mean ± standard deviation, None as a dash.

    Args:
        head: of the column of names.
        columns: of the values.
        rows: name -> a cell for each column.
        caption: plain text.
        baselines: names of rows that are there to compare with, and are not marked.
    Raises:
        ValueError: a row with another number of cells than columns.
    """
    for name, cells in rows.items():
        if len(cells) != len(columns):
            raise ValueError(f"row {name!r} has {len(cells)} cells for {len(columns)} columns")
    marks = places(columns, rows, baselines)
    worded = [
        bool(rows) and all(isinstance(cells[i], str | None) for cells in rows.values()) for i in range(len(columns))
    ]
    titles = "".join(_head(column, words) for column, words in zip(columns, worded, strict=True))
    lines = []
    for row, (name, cells) in enumerate(rows.items()):
        written = "".join(_cell(cell, columns[i].digits, marks[i][row], worded[i]) for i, cell in enumerate(cells))
        kind = ' class="baseline"' if name in baselines else ""
        lines.append(f'<tr{kind}><th scope="row">{escape(name)}</th>{written}</tr>\n')
    key = ""
    if any(place for column in marks for place in column):
        key = '<p class="key"><b class="best">best</b> <span class="second">second best</span></p>'
    return f"""<figure class="table">{f"<figcaption>{escape(caption)}</figcaption>" if caption else ""}
<div class="wide" tabindex="0" role="region" aria-label="{escape(caption or head)}">
<table>
<thead><tr>{_head(Column(head))}{titles}</tr></thead>
<tbody>
{"".join(lines)}</tbody></table></div>{key}</figure>
"""


def _head(column: Column, words: bool = False) -> str:
    arrow = {"higher": "↑", "lower": "↓", None: ""}[column.better]
    meant = f'<abbr title="{column.better} is better">{arrow}</abbr>' if column.better else ""
    kind = ' class="words"' if words else ""
    before, space, last = column.title.rpartition(" ")
    title = f'{escape(before + space)}<span>{escape(last)} {meant}<i aria-hidden="true"></i></span>'
    return f'<th scope="col"{kind}><button type="button">{title}</button></th>'


def _number(cell: Cell) -> float | None:
    return cell.mean if isinstance(cell, Spread) else None if isinstance(cell, str) else cell


def _cell(cell: Cell, digits: int, place: int | None, words: bool) -> str:
    number = _number(cell)
    kind = ' class="words"' if words else ""
    if isinstance(cell, str):
        return f"<td{kind}>{escape(cell)}</td>"
    if words:
        return f"<td{kind}></td>"
    if number is None or math.isnan(number):
        return '<td class="none">–</td>'
    text = f"{number:.{digits}f}"
    if place:
        text = f'<b class="best">{text}</b>' if place == 1 else f'<span class="second">{text}</span>'
    if isinstance(cell, Spread) and cell.deviation is not None:
        text += f'<small title="over {cell.number} runs"> ± {cell.deviation:.{digits}f}</small>'
    return f'<td data-value="{number!r}">{text}</td>'
