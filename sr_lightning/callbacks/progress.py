"""Progress bar with speed, losses and metrics."""

import logging
import sys
import time
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

log = logging.getLogger(__name__)
QUIET = ("train/nonfinite_steps",)  # hidden while zero


class IterationProgress(ProgressBar):
    """Shows a progress bar in a terminal, and otherwise logs a line per validation.

    Args:
        refresh: seconds between two updates of the bar, each of which synchronizes with the device.
    """

    def __init__(self, refresh: float = 0.5) -> None:
        super().__init__()
        self.refresh = refresh
        self.shown_at = 0.0
        self.enabled = True
        self.progress: Progress | None = None

    def disable(self) -> None:
        """Show nothing; Lightning calls this on all processes but the first."""
        self.enabled = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        console = Console(stderr=True)
        if not (self.enabled and console.is_terminal and trainer.is_global_zero):
            return
        self.progress = Progress(
            TextColumn("[bold]{task.completed:>6.0f}[/] / {task.total:.0f}"),
            BarColumn(bar_width=None),
            TextColumn("[green]{task.fields[numbers]}"),
            TextColumn("[dim]{task.fields[speed]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]left[/]"),
            TimeRemainingColumn(),
            console=console,
            expand=True,
        )
        self.progress.start()
        self.task = self.progress.add_task(
            "", total=trainer.max_steps, completed=trainer.global_step, numbers="", speed=""
        )

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        done = trainer.global_step
        due = time.monotonic() - self.shown_at > self.refresh or done == trainer.max_steps
        if self.progress is not None and due:
            self.shown_at = time.monotonic()
            speed = self.progress.tasks[self.task].speed or 0
            rate = f"{speed:.1f} it/s" if speed >= 1 else f"{1 / speed:.1f} s/it" if speed else ""
            losses = self.numbers(trainer, "train/")
            self.progress.update(self.task, completed=done, numbers=losses, speed=rate)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn == "fit" and trainer.is_global_zero and self.enabled:
            numbers = f"{self.numbers(trainer, 'train/')}  {self.numbers(trainer, 'val/')}"
            line = f"iteration {trainer.global_step} of {trainer.max_steps}:  {numbers}"
            if self.progress is not None:
                self.progress.console.print(line, highlight=False)
            else:
                log.info(line)

    def numbers(self, trainer: Trainer, group: str) -> str:
        """Return the current values of a group of metrics as text."""
        known = trainer.callback_metrics
        names = sorted(name for name in known if name.startswith(group) and (name not in QUIET or known[name]))
        return "  ".join(f"{name.removeprefix(group)} {float(known[name]):.4g}" for name in names)

    def stop(self) -> None:
        """Remove the bar, so that the terminal is usable again."""
        if self.progress is not None:
            self.progress.stop()
            self.progress = None

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self.stop()

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print above the bar, or to standard error without one."""
        line = " ".join(map(str, args))
        if self.progress is not None:
            self.progress.console.print(line)
        else:
            sys.stderr.write(line + "\n")
