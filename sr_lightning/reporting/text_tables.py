"""Tables of a report as Markdown, LaTeX and CSV."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sr_lightning.evaluation.tables import Row, write_csv
from sr_lightning.metrics import MetricInfo
from sr_lightning.reporting.report import Pair
from sr_lightning.reporting.result_table import Table
from sr_lightning.reporting.significance import Difference, Spread
from sr_lightning.visuals.html.table import Cell, places

LATEX = {c: rf"\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "α": r"$\alpha$",
    "\u00a0": "~", "–": "--", "×": r"$\times$",
    "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
ARROWS = {"higher": ("↑", r"$\uparrow$"), "lower": ("↓", r"$\downarrow$"), None: ("", "")}


def markdown(table: Table) -> str:
    """Return a Markdown table with best values in bold and second best in italics."""
    heads = [f"{head.title} {ARROWS[head.better][0]}".strip() for head in table.heads]
    lines = [[table.head, *heads], ["---", *["---:"] * len(heads)]]
    marked = places(table.heads, table.rows, table.baselines)
    for row, (name, cells) in enumerate(table.rows.items()):
        marks = [{1: "**", 2: "*"}.get(marked[i][row] or 0, "") for i in range(len(cells))]
        texts = [format_cell(cell, table.heads[i].digits, f"{marks[i]}{{}}{marks[i]}") for i, cell in enumerate(cells)]
        lines.append([name, *texts])
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def markdown_differences(measure: MetricInfo, differences: Mapping[Pair, Difference]) -> str:
    """Return a table with one line per pair of columns; empty without pairs."""
    if not differences:
        return ""
    digits = measure.digits
    lines = [f"| {measure.heading} | difference | 95 % interval | p (Holm) |", "| --- | ---: | ---: | ---: |"]
    for (name, other), each in differences.items():
        interval = "–" if each.low is None else f"{each.low:+.{digits}f} to {each.high:+.{digits}f}"
        p = "–" if each.holm is None else f"{each.holm:.3g}"
        lines.append(f"| {name} − {other} | {each.mean:+.{digits}f} | {interval} | {p} |".replace(" -", " −"))
    return "\n".join(lines) + "\n"


def latex(table: Table, caption: str) -> str:
    r"""Return a booktabs ``tabular`` with best values in bold and second best underlined."""
    heads = [f"{escaped(head.title)} {ARROWS[head.better][1]}".strip() for head in table.heads]
    marked = places(table.heads, table.rows, table.baselines)
    lines = []
    for row, (name, cells) in enumerate(table.rows.items()):
        texts = []
        for i, cell in enumerate(cells):
            mark = {1: r"\textbf{{{}}}", 2: r"\underline{{{}}}"}.get(marked[i][row] or 0, "{}")
            text = format_cell(cell if not isinstance(cell, str) else escaped(cell), table.heads[i].digits, mark)
            texts.append(text.replace("±", r"{\footnotesize $\pm$") + ("}" if "±" in text else ""))
        lines.append(f"{escaped(name)} & {' & '.join(texts)} \\\\\n")
        if row + 1 == len(table.baselines) < len(table.rows):
            lines.append("\\midrule\n")
    return (
        f"% {' '.join(caption.split())}\n% needs \\usepackage{{booktabs}}\n"
        f"\\begin{{tabular}}{{l{'r' * len(heads)}}}\n\\toprule\n{escaped(table.head)} & {' & '.join(heads)} \\\\\n"
        f"\\midrule\n{''.join(lines)}\\bottomrule\n\\end{{tabular}}\n"
    )


def write_tables(path: Path, tables: Sequence[Table]) -> None:
    """Write one CSV with mean, deviation and number of seeds of each value, unrounded.

    Args:
        path: of the file.
        tables: results and costs; the first has all rows.

    Raises:
        InputError: the file cannot be written.
    """
    rows, names = [], ["column"]
    keys = [key for table in tables for key in table.keys]
    for key in keys:
        names += [key] if key == "status" else [key, f"{key}_deviation", f"{key}_seeds"]
    for name in tables[0].rows:
        row: Row = {"column": name}
        every = [cell for table in tables for cell in table.rows.get(name, [None] * len(table.keys))]
        for key, cell in zip(keys, every, strict=True):
            if key == "status":
                row[key] = cell or ""
            else:
                value = cell if isinstance(cell, Spread) else Spread(cell, None, 1) if isinstance(cell, float) else None
                row |= {
                    key: "" if value is None else value.mean,
                    f"{key}_deviation": "" if value is None or value.deviation is None else value.deviation,
                    f"{key}_seeds": "" if value is None else value.number,
                }
        rows.append(row)
    write_csv(path, rows, names)


def write_differences(path: Path, found: dict[str, dict[Pair, Difference]]) -> None:
    """Write one CSV line per metric and pair.

    Raises:
        InputError: the file cannot be written.
    """
    lines = [
        {"metric": metric, "column": column, "against": against, **each._asdict()}
        for metric, pairs in found.items()
        for (column, against), each in pairs.items()
    ]
    write_csv(path, lines, ("metric", "column", "against", *Difference._fields))


def format_cell(cell: Cell, digits: int, mark: str = "{}") -> str:
    """Format a cell; ``mark`` is a format string around the mean."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Spread):
        deviation = "" if cell.deviation is None else f" ± {cell.deviation:.{digits}f}"
        return mark.format(f"{cell.mean:.{digits}f}") + deviation
    return "–" if cell is None else mark.format(f"{cell:.{digits}f}")


def escaped(text: str) -> str:
    """Escape special characters for LaTeX."""
    return "".join(LATEX.get(letter, letter) for letter in text)
