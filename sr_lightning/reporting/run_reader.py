"""Read run folders and sweeps, finished or not."""

import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path

import yaml

from sr_lightning.errors import InputError
from sr_lightning.reporting.run import DONE, Run
from sr_lightning.reporting.run_logs import read_curves, read_values
from sr_lightning.sweeps.job import FINISHED, RUNNING, WAITING
from sr_lightning.training.run_folder import read_result

# overrides of a command line, which may contain spaces within quotes and brackets
WORD = re.compile(r"""(?:[^\s"'\[{(]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^]]*\]|\{[^}]*\}|\([^)]*\))+""")


def read_runs(folder: Path) -> list[Run]:
    """Read the jobs of a sweep, in the order of its table, or a single run.

    Raises:
        InputError: the folder is neither a run nor a sweep.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the folder of a run or a sweep, such as runs/sweeps/NAME")
    if (folder / "sweep.csv").is_file():
        with (folder / "sweep.csv").open(newline="", encoding="utf-8") as file:
            return [read_job(folder / row["job"], row) for row in csv.DictReader(file)]
    if is_run(folder):
        return [read_run(folder)]
    runs = [path for path in sorted(folder.iterdir()) if path.is_dir() and is_run(path)]
    if not runs:
        raise InputError(f"{folder}: neither a run nor a sweep; give runs/NAME/TIME or runs/sweeps/NAME")
    return [read_run(path, axes) for path, axes in zip(runs, differing(runs), strict=True)]


def is_run(folder: Path) -> bool:
    """Tell whether the folder was written by a training run."""
    return any((folder / name).exists() for name in (".hydra", "csv", "job.json"))


def read_job(folder: Path, row: dict[str, str]) -> Run:
    """Read a job with the status of the sweep's table; the job's own files take precedence if they are newer."""
    run = read_run(folder, WORD.findall(row["overrides"]))
    run.seconds = float(row["seconds"])
    if run.result is None and row["status"] != WAITING:
        run.status, run.error = row["status"], row["error"]
    elif run.result is not None and row["status"] in DONE:
        run.status = row["status"]
    return run


def read_run(folder: Path, axes: Sequence[str] = ()) -> Run:
    """Read a run from its own files.

    Raises:
        InputError: a file is damaged.
    """
    run = Run(folder, tuple(axes))
    try:
        run.curves = read_curves(folder)
        run.result = read_result(folder)
        for config in (*folder.glob("csv/version_*/hparams.yaml"), folder / ".hydra" / "config.yaml"):
            if config.is_file() and not run.config:
                run.config = yaml.safe_load(config.read_text("utf-8")) or {}
        if (folder / "job.json").is_file():
            attempts = json.loads((folder / "job.json").read_text("utf-8"))["attempts"]
            run.seconds = sum(attempt["seconds"] for attempt in attempts)
            run.status, run.error = attempts[-1]["status"], attempts[-1]["error"]
        summary = folder / "validation" / "summary.json"
        if run.result is not None and summary.is_file():
            run.protocol = json.loads(summary.read_text("utf-8"))["protocol"]
            run.values = read_values(summary.with_name("images.csv"))
    except (ValueError, KeyError, IndexError, yaml.YAMLError) as error:
        raise InputError(f"{folder}: a file in it is damaged ({error}); repair or remove that file") from error
    if run.result is not None:
        run.status, run.error = run.status if run.status in DONE else FINISHED, ""
    elif run.status in (WAITING, *DONE) and run.curves:  # a resumed job still has its earlier status
        run.status = RUNNING
    return run


def differing(folders: Sequence[Path]) -> list[list[str]]:
    """Return the overrides of each run that the runs do not share; runs with equal ones get their folder's name."""
    overrides: list[list[str]] = []
    for folder in folders:
        path = folder / ".hydra" / "overrides.yaml"
        overrides.append(yaml.safe_load(path.read_text("utf-8")) or [] if path.is_file() else [])
    shared = set(overrides[0]).intersection(*overrides)
    own = [[line for line in lines if line not in shared and not line.startswith(("sweep.", "resume="))]
           for lines in overrides]  # fmt: skip
    return [[*axes, f"run={folder.name}"] if own.count(axes) > 1 else axes
            for folder, axes in zip(folders, own, strict=True)]  # fmt: skip
