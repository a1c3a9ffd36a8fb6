"""A stage of the check: named parts, each stored when it is finished."""

import json
import shlex
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sr_lightning.system.atomic import write_text
from tests.gpu.device import machine, release
from tests.gpu.settings import Settings

Row = dict[str, Any]
Part = tuple[str, Callable[[Settings], list[Row]]]
"""Name, and what measures it: rows of a table. ``passed`` of a row says whether a check holds; a row of nothing but a
``note`` goes below the table."""


def run(name: str, parts: Sequence[Part], settings: Settings, command: Sequence[str]) -> dict[str, Any]:
    """Run the parts that have not passed yet; returns the contents of ``settings.output/NAME.json``.

    The file is replaced after each part, so that a killed process keeps its finished parts. A part that raises
    becomes a failed row with the reason, and the others continue.
    """
    path = settings.output / f"{name}.json"
    result = read(path) or {"stage": name, "small": settings.small, "finished": False, "parts": {}}
    result["parts"] = {title: result["parts"][title] for title, _ in parts if title in result["parts"]}
    for title, measure in parts:
        if passed(result["parts"].get(title, {})):
            continue
        sys.stderr.write(f"{name}: {title} …\n")
        result["parts"][title] = attempt(measure, settings) | {"command": shlex.join(command)}
        result["finished"] = len(result["parts"]) == len(parts)
        write_text(path, json.dumps(result, indent=1) + "\n")
    return result


def attempt(measure: Callable[[Settings], list[Row]], settings: Settings) -> dict[str, Any]:
    """Run a part; returns its rows, machine and seconds. An exception becomes a failed row."""
    start, trace = time.monotonic(), None
    try:
        rows = measure(settings)
    except (Exception, SystemExit) as error:
        if isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > 128:
            raise  # ended by a signal, which is not a result
        trace = traceback.format_exc()
        sys.stderr.write(trace)
        rows = [{"passed": False, "reason": reason(error)}]
    finally:
        release()
    return {"machine": machine(), "seconds": round(time.monotonic() - start, 1), "rows": rows, "trace": trace}


def reason(error: BaseException) -> str:
    """Return an error message as one line."""
    words = " ".join(str(error).split())[:300]
    return words if isinstance(error, SystemExit) else f"{type(error).__name__}: {words}"


def read(path: Path) -> dict[str, Any] | None:
    """Return the result of an earlier call, or None."""
    return json.loads(path.read_text()) if path.is_file() else None


def passed(part: dict[str, Any]) -> bool:
    """Return True if a part has been measured and all of its checks passed."""
    return bool(part) and all(row.get("passed", True) for row in part["rows"])


def at_most(check: str, value: float, limit: float, **more: Any) -> Row:
    """Return a check that a value is at most a limit; nan fails."""
    return {"check": check, "value": value, "limit": f"≤ {limit:g}", "passed": bool(value <= limit), **more}


def at_least(check: str, value: float, limit: float, **more: Any) -> Row:
    """Return a check that a value is at least a limit; nan fails."""
    return {"check": check, "value": value, "limit": f"≥ {limit:g}", "passed": bool(value >= limit), **more}


def holds(check: str, condition: bool, **more: Any) -> Row:
    """Return a check of a condition."""
    return {"check": check, "value": "yes" if condition else "no", "limit": "yes", "passed": condition, **more}
