"""Read run folders and sweeps, finished or not."""

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from sr_lightning.errors import InputError
from sr_lightning.reporting.metric_info import current_key
from sr_lightning.sweeps.job import BEFORE, FINISHED, INTERRUPTED, RESUMED, RUNNING, WAITING
from sr_lightning.training.run_folder import read_result

DONE = (BEFORE, FINISHED, RESUMED)
SEED = "seed"
NOT_MEASURED = ("network", "benchmark", "image")
# overrides of a command line, which may contain spaces within quotes and brackets
WORD = re.compile(r"""(?:[^\s"'\[{(]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^]]*\]|\{[^}]*\}|\([^)]*\))+""")

Values = dict[str, dict[str, float]]  # image -> metric -> value
Curve = list[tuple[int, float]]  # iteration, value


@dataclass
class Run:
    """Contents of one run folder.

    Attributes:
        folder: of the run.
        axes: overrides that distinguish it from the other jobs of its sweep.
        status: one of the constants of `sweeps.job`.
        error: reason of a failure, one line.
        seconds: duration of all attempts; None if unknown.
        result: contents of result.json; None before the end.
        config: resolved configuration; empty before training starts.
        protocol: evaluation settings of the validation images; empty before the end.
        values: network -> image -> metric -> value, of the validation images.
        curves: logged name -> values by iteration.
    """

    folder: Path
    axes: tuple[str, ...] = ()
    status: str = WAITING
    error: str = ""
    seconds: float | None = None
    result: dict[str, Any] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    protocol: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Values] = field(default_factory=dict)
    curves: dict[str, Curve] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """The run is done and its validation values exist."""
        return self.status in DONE and bool(self.values)

    @property
    def trained(self) -> str:
        """Name of the trained network among its values."""
        return str(self.protocol.get("trained", ""))

    @property
    def seed(self) -> str:
        return next((axis.split("=", 1)[1] for axis in self.axes if axis.startswith(f"{SEED}=")),
                    str(self.config.get(SEED, "")))  # fmt: skip

    @property
    def iteration(self) -> int:
        """Last logged iteration; 0 before the first."""
        return max((curve[-1][0] for curve in self.curves.values() if curve), default=0)

    def at_checkpoint(self, name: str) -> float:
        """Return the value logged at the iteration of the measured checkpoint; nan if there is none."""
        return dict(self.curves.get(name, ())).get(self.protocol.get("iteration", -1), math.nan)

    def describe_status(self) -> str:
        """Return the status with an explanation."""
        if self.status in DONE and not self.values:
            return (
                f"{self.status}, but without validation/images.csv; remove its result.json and run the same command "
                "again, with resume=auto for a single run: nothing is trained twice"
            )
        if self.status in (RUNNING, INTERRUPTED) and self.curves:
            seen = max(path.stat().st_mtime for path in self.folder.glob("csv/*/metrics.csv"))
            total = f" of {self.config['iterations']}" if isinstance(self.config.get("iterations"), int) else ""
            return f"{self.status}, iteration {self.iteration}{total}, last update {datetime.fromtimestamp(seen):%Y-%m-%d %H:%M}"  # noqa: E501
        return ": ".join(filter(None, (self.status, self.error)))

    def pictures(self, network: str) -> dict[str, Path]:
        """Return the kept validation images of a network: number and name -> file."""
        return {path.stem: path for path in sorted((self.folder / "validation" / network).glob("*.png"))}


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


def read_values(path: Path) -> dict[str, Values]:
    """Read network -> image -> metric -> value; images with equal names are numbered."""
    found: dict[str, Values] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            images = found.setdefault(row["network"], {})
            name = row["image"] if row["image"] not in images else f"{row['image']} ({len(images)})"
            images[name] = {current_key(key): float(value) for key, value in row.items() if key not in NOT_MEASURED}
    return found


def read_curves(folder: Path) -> dict[str, Curve]:
    """Read every logged value by iteration; after a resume from an earlier iteration, the later values count."""
    found: dict[str, dict[int, float]] = {}
    files = sorted(folder.glob("csv/version_*/metrics.csv"), key=lambda path: int(path.parent.name.split("_")[1]))
    for path in files:
        rows = list(logged(path))
        begin = min((step for step, _ in rows), default=math.inf)
        for values in found.values():
            for step in [step for step in values if step >= begin]:
                del values[step]
        for step, row in rows:
            for name, value in row.items():
                found.setdefault(current_key(name), {})[step] = value
    return {name: sorted(values.items()) for name, values in found.items() if values}


def logged(path: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield iteration and values of each line, without an incomplete last line."""
    complete, _, _ = path.read_text("utf-8").rpartition("\n")
    for row in csv.DictReader(complete.splitlines()):
        yield int(row["step"]), {name: float(value) for name, value in row.items() if name != "step" and value}


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
