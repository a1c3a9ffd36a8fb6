"""Results of all stages as a JSON file and a Markdown page."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sr_lightning.system.atomic import write_text
from tests.gpu.stage import Row, passed

Stage = Mapping[str, Any]


def write(output: Path, stages: Sequence[Stage]) -> str:
    """Write ``report.json`` and ``report.md`` into the folder; returns the Markdown."""
    text = markdown(stages)
    write_text(output / "report.json", json.dumps(list(stages), indent=1) + "\n")
    write_text(output / "report.md", text)
    return text


def failures(stages: Iterable[Stage]) -> list[str]:
    """Return ``STAGE: PART`` of each part with a failed check."""
    return [
        f"{stage['stage']}: {title}" for stage in stages for title, part in stage["parts"].items() if not passed(part)
    ]


def markdown(stages: Sequence[Stage]) -> str:
    """Return the page: heading, machine and tables of each stage."""
    small = any(stage["small"] for stage in stages)
    lines = ["# GPU check" + (": small mode, whose speeds mean nothing" if small else ""), ""]
    for stage in stages:
        lines += [f"## {stage['stage']}{'' if stage['finished'] else ' (not finished)'}", ""]
        lines += [f"{line}  " for line in distinct(described(part) for part in stage["parts"].values())]
        for columns, rows in tables(stage["parts"]):
            lines += ["", *table(columns, rows)]
        notes = distinct(row["note"] for part in stage["parts"].values() for row in part["rows"] if "note" in row)
        lines += ["", *notes, ""] if notes else [""]
    failed = failures(stages)
    lines.append(f"Failed: {'; '.join(failed)}." if failed else "Nothing failed.")
    return "\n".join(lines) + "\n"


def described(part: Mapping[str, Any]) -> str:
    """Return the machine and command of a part."""
    machine = [f"{name} {value}" for name, value in part["machine"].items() if name != "device" and value]
    return f"{', '.join([part['machine']['device'], *machine])}: `{part['command']}`"


def tables(parts: Mapping[str, Any]) -> list[tuple[list[str], list[Row]]]:
    """Group the rows of all parts into tables; a new table starts if the kind of columns changes."""
    found: list[tuple[list[str], list[Row]]] = []
    for title, part in parts.items():
        for row in part["rows"]:
            if set(row) == {"note"}:
                continue
            shown = {"part": title, **row} if set(row) == {"passed", "reason"} else dict(row)
            if "passed" in shown:
                shown["passed"] = "yes" if shown["passed"] else "**no**"
            if found and related(found[-1][0], shown):
                found[-1][0].extend(name for name in shown if name not in found[-1][0])
                found[-1][1].append(shown)
            else:
                found.append((list(shown), [shown]))
    return found


def related(columns: Sequence[str], row: Row) -> bool:
    """Return True if a row belongs to a table, i.e. its first column is the table's."""
    return columns[0] == next(iter(row))


def table(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Return the lines of a Markdown table."""
    cells = [list(columns), ["---"] * len(columns), *([cell(row.get(name)) for name in columns] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in cells]


def cell(value: Any) -> str:
    """Format a number with four significant digits; missing values are empty."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "\\|")


def distinct(lines: Iterable[str]) -> list[str]:
    """Return the distinct values in order."""
    return list(dict.fromkeys(lines))
