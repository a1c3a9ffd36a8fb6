"""A job of a sweep: its command, its results and its state."""

import json
import re
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import DictConfig

from sr_lightning.system.atomic import write_text
from sr_lightning.training.run_folder import read_result

WAITING, BEFORE, FINISHED, RESUMED = "not started", "finished before", "finished", "resumed and finished"
RUNNING, FAILED, INTERRUPTED = "running", "failed", "interrupted"
ERROR = re.compile(r"(error: |[\w.]*(Error|Exception)\b)")
PROGRAM = (sys.executable, "-m", "sr_lightning.train")
LAUNCHING = ("hydra.mode=", "hydra.run.", "hydra.sweep", "hydra.launcher", "hydra/launcher", "hydra/sweeper")
"""Beginnings of Hydra's overrides that are not passed on to the jobs."""


@dataclass
class Job:
    """A job of a sweep; reads the results of earlier attempts from its folder.

    Attributes:
        folder: run folder of the job.
        overrides: all overrides of its command line.
        axes: overrides that differ between the jobs of the sweep.
        config: configuration of the job, with the node ``hydra``.
        status: one of the constants above.
        value: best value of the monitored metric.
        seconds: total duration of all attempts.
        error: reason of a failure, in one line.
        attempts: status, seconds and error of each attempt, as recorded in ``job.json``.
    """

    folder: Path
    overrides: Sequence[str]
    axes: Sequence[str]
    config: DictConfig
    status: str = WAITING
    value: float | None = None
    seconds: float = 0.0
    error: str = ""
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        record = self.folder / "job.json"
        if record.is_file():
            self.attempts = json.loads(record.read_text())["attempts"]
            self.seconds = sum(attempt["seconds"] for attempt in self.attempts)
        if self.read_value():
            self.status = BEFORE

    @property
    def number(self) -> str:
        """Return the number of the job within the sweep."""
        return self.folder.name.split("-")[0]

    @property
    def done(self) -> bool:
        """Return True if the job has a result."""
        return self.status in (BEFORE, FINISHED, RESUMED)

    def started_before(self) -> bool:
        """Return True if the job can be resumed."""
        return any(self.folder.glob("checkpoints/*.ckpt"))

    def read_value(self) -> bool:
        """Set ``value`` from the run's result; return True if the run is finished."""
        result = read_result(self.folder)
        self.value = None if result is None else result["value"]
        return result is not None

    def command(self, sweep: str) -> list[str]:
        """Return the command of a single run in the job's folder, with resume=auto."""
        hydra = self.config.hydra
        flags = [] if hydra.job.config_name == "train" else ["--config-name", hydra.job.config_name]
        for source in hydra.runtime.config_sources:
            if source.provider == "command-line":
                flags += ["--config-dir", source.path]
        resume = [line for line in self.overrides if line.startswith("resume=")]
        if self.started_before() or not resume:
            resume = ["resume=auto"]
        return [
            *PROGRAM,
            *flags,
            *(line for line in self.overrides if not line.startswith(("resume=", "sweep."))),
            *(line for line in hydra.overrides.hydra if not line.startswith(LAUNCHING)),
            *resume,
            f"sweep.name={quoted(sweep)}",
            f"sweep.axes=[{','.join(map(quoted, self.axes))}]",
            "hydra.mode=RUN",
            f"hydra.run.dir={quoted(str(self.folder))}",
        ]

    def end(self, status: int, seconds: float, lines: Iterable[str], resumed: bool, stopped: bool) -> None:
        """Record how an attempt ended.

        Args:
            status: exit status of the process.
            lines: output of the process.
            resumed: the attempt resumed an earlier one.
            stopped: the process was asked to terminate.
        """
        if status == 0 and self.read_value():
            self.status = RESUMED if resumed else FINISHED
        else:
            self.status = INTERRUPTED if stopped else FAILED
            self.error = "" if stopped else reason(status, list(lines))
        self.seconds += seconds
        self.attempts.append({"status": self.status, "seconds": round(seconds, 3), "error": self.error})
        record = {"overrides": list(self.overrides), "axes": list(self.axes), "attempts": self.attempts}
        write_text(self.folder / "job.json", json.dumps(record, indent=2) + "\n")


def reason(status: int, lines: Sequence[str]) -> str:
    """Return the reason of a failure: the last error message, else the signal, else the last line of the output."""
    errors = [line for line in lines if ERROR.match(line)]
    if errors:
        return errors[-1]
    number = -status if status < 0 else status - 128
    if number in {member.value for member in signal.Signals}:
        return f"ended by {signal.Signals(number).name}"
    printed = [line for line in lines if line.strip()]
    return f"exit status {status}: {printed[-1] if printed else 'no output'}"


def quoted(word: str) -> str:
    """Quote a text for Hydra's command line."""
    return str(QuotedString(text=word, quote=Quote.double).with_quotes())
