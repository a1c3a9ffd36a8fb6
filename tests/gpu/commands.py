"""The package's commands, run inside this process."""

import importlib
import sys
from pathlib import Path


def run(command: str, *words: str) -> None:
    """``python -m sr_lightning.COMMAND WORDS``.

    Raises:
        SystemExit: with a message for wrong input; with a number after a signal, on which training has saved.
    """
    before = sys.argv
    sys.argv = [command, *words]
    try:
        importlib.import_module(f"sr_lightning.{command}").main()
    finally:
        sys.argv = before


def quoted(path: Path) -> str:
    """A path as a value of Hydra's overrides, whatever characters it has."""
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
