"""Commands of the package, run in this process."""

import importlib
import sys
from pathlib import Path


def run(command: str, *words: str) -> None:
    """Run ``python -m sr_lightning.COMMAND WORDS``.

    Raises:
        SystemExit: with a message for wrong input, or with a number after a signal, on which training saves.
    """
    before = sys.argv
    sys.argv = [command, *words]
    try:
        importlib.import_module(f"sr_lightning.{command}").main()
    finally:
        sys.argv = before


def quoted(path: Path) -> str:
    """Quote a path for Hydra's overrides."""
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
