"""What run folders and sweeps have left on the disk, however far they have come."""

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
# words of a command line, which may have spaces within quotes and brackets
WORD = re.compile(r"""(?:[^\s"'\[{(]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\[[^]]*\]|\{[^}]*\}|\([^)]*\))+""")

Values = dict[str, dict[str, float]]  # image -> metric -> value
Curve = list[tuple[int, float]]  # iteration, value


@dataclass
class Run:
    """One run folder.

    Attributes:
        folder: of the run.
        axes: overrides that tell it from the other jobs of its sweep.
        status: one of the words of `sweeps.job`.
        error: why it failed, in one line.
        seconds: that all its attempts took; None where nobody measured that.
        result: what it left at its end; None before.
        config: resolved, once it has begun to train.
        protocol: how its validation images were measured; empty before its end.
        values: network -> image -> metric -> value, of the validation images.
        curves: name of what was logged -> its values.
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
        """Whether it has come to its end and its values are there."""
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
        """The last one that was logged; 0 before."""
        return max((curve[-1][0] for curve in self.curves.values() if curve), default=0)

    def at_checkpoint(self, name: str) -> float:
        """What was logged at the iteration of the checkpoint that was measured; nan where nothing was."""
        return dict(self.curves.get(name, ())).get(self.protocol.get("iteration", -1), math.nan)

    def told(self) -> str:
        """The status with what explains it."""
        if self.status in DONE and not self.values:
            return (
                f"{self.status}, but without validation/images.csv; remove its result.json and run the same command "
                "again, with resume=auto for a single run: nothing is trained twice"
            )
        if self.status in (RUNNING, INTERRUPTED) and self.curves:
            seen = max(path.stat().st_mtime for path in self.folder.glob("csv/*/metrics.csv"))
            total = f" of {self.config['iterations']}" if isinstance(self.config.get("iterations"), int) else ""
            return f"{self.status}, iteration {self.iteration}{total}, last heard of {datetime.fromtimestamp(seen):%Y-%m-%d %H:%M}"  # noqa: E501
        return ": ".join(filter(None, (self.status, self.error)))

    def pictures(self, network: str) -> dict[str, Path]:
        """Number and name of each validation image that was kept -> its file."""
        return {path.stem: path for path in sorted((self.folder / "validation" / network).glob("*.png"))}


def read_runs(folder: Path) -> list[Run]:
    """The jobs of a sweep, in the order of its table, or the one run that the folder is of.

    Raises:
        InputError: the folder is of neither.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give that of a run or of a sweep, such as runs/sweeps/NAME")
    if (folder / "sweep.csv").is_file():
        with (folder / "sweep.csv").open(newline="", encoding="utf-8") as file:
            return [read_job(folder / row["job"], row) for row in csv.DictReader(file)]
    if is_run(folder):
        return [read_run(folder)]
    found = [path for path in sorted(folder.iterdir()) if path.is_dir() and is_run(path)]
    if not found:
        raise InputError(f"{folder}: neither a run nor a sweep; give runs/NAME/TIME or runs/sweeps/NAME")
    return [read_run(path, axes) for path, axes in zip(found, differing(found), strict=True)]


def is_run(folder: Path) -> bool:
    return any((folder / name).exists() for name in (".hydra", "csv", "job.json"))


def read_job(folder: Path, row: dict[str, str]) -> Run:
    """A job as the table of its sweep tells it; its own files know more of one that runs or has run alone since."""
    run = read_run(folder, WORD.findall(row["overrides"]))
    run.seconds = float(row["seconds"])
    if run.result is None and row["status"] != WAITING:
        run.status, run.error = row["status"], row["error"]
    elif run.result is not None and row["status"] in DONE:
        run.status = row["status"]
    return run


def read_run(folder: Path, axes: Sequence[str] = ()) -> Run:
    """A run by its own files.

    Raises:
        InputError: one of them is damaged.
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
    elif run.status in (WAITING, *DONE) and run.curves:  # a job that goes on has its earlier status still
        run.status = RUNNING
    return run


def read_values(path: Path) -> dict[str, Values]:
    """network -> image -> metric -> value; images of one name in several folders are numbered."""
    found: dict[str, Values] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            images = found.setdefault(row["network"], {})
            name = row["image"] if row["image"] not in images else f"{row['image']} ({len(images)})"
            images[name] = {current_key(key): float(value) for key, value in row.items() if key not in NOT_MEASURED}
    return found


def read_curves(folder: Path) -> dict[str, Curve]:
    """Every logged number by iteration; where a run went on from an earlier iteration, what it then did counts."""
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
    """Iteration and numbers of each line; a line that is being written is left out."""
    whole, _, _ = path.read_text("utf-8").rpartition("\n")
    for row in csv.DictReader(whole.splitlines()):
        yield int(row["step"]), {name: float(value) for name, value in row.items() if name != "step" and value}


def differing(folders: Sequence[Path]) -> list[list[str]]:
    """The overrides of each run that not all of them have; runs that were given the same are told by their folder."""
    overrides: list[list[str]] = []
    for folder in folders:
        path = folder / ".hydra" / "overrides.yaml"
        overrides.append(yaml.safe_load(path.read_text("utf-8")) or [] if path.is_file() else [])
    shared = set(overrides[0]).intersection(*overrides)
    own = [[line for line in lines if line not in shared and not line.startswith(("sweep.", "resume="))]
           for lines in overrides]  # fmt: skip
    return [[*axes, f"run={folder.name}"] if own.count(axes) > 1 else axes
            for folder, axes in zip(folders, own, strict=True)]  # fmt: skip
