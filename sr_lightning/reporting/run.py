"""A run, as its folder describes it."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sr_lightning.reporting.run_logs import Curve, Values
from sr_lightning.sweeps.job import BEFORE, FINISHED, INTERRUPTED, RESUMED, RUNNING, WAITING

DONE = (BEFORE, FINISHED, RESUMED)
SEED = "seed"


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
        """Seed among the overrides, else that of the configuration; empty if unknown."""
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
