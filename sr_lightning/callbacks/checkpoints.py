"""What is saved when: best, last, periodic and by the clock, each file complete or not there at all."""

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the final place, then renames: a killed run never leaves half a checkpoint."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)


class Checkpoints(Checkpoint):
    """``best.ckpt`` by a validated metric, ``last.ckpt``, and ``iteration-N.ckpt`` every so often.

    The best is chosen at the end of a validation, so it holds the very weights that were measured. ``last.ckpt`` is
    written after each validation, by the clock, and at the end.

    Args:
        folder: where they go.
        monitor: ``val/NAME`` of the metric that decides the best; the metric itself says whether more is better.
        every: iterations between checkpoints that are kept; None: none are.
        minutes: wall-clock time between two writings of ``last.ckpt``, looked at with each line of the log.
    """

    def __init__(self, folder: str | Path, monitor: str, every: int | None = None, minutes: float = 10) -> None:
        self.folder, self.monitor, self.every, self.minutes = Path(folder), monitor, every, float(minutes)
        self.best_score: float | None = None
        self.saved_at = time.monotonic()

    @property
    def best(self) -> Path:
        """The best checkpoint; not there before the first validation."""
        return self.folder / "best.ckpt"

    @property
    def last(self) -> Path:
        """The newest checkpoint, from which a run resumes."""
        return self.folder / "last.ckpt"

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.val_check_batch and trainer.global_step % trainer.val_check_batch == 0:
            return  # a run that goes on from here must not miss the validation that comes first
        self.save_periodic(trainer)
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            due = time.monotonic() - self.saved_at > 60 * self.minutes
            if trainer.strategy.broadcast(due):  # all devices save together, by the clock of the first
                self.save_last(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != "fit" or trainer.sanity_checking:
            return
        if self.monitor not in trainer.callback_metrics:
            known = ", ".join(sorted(name for name in trainer.callback_metrics if name.startswith("val/")))
            raise ValueError(f"monitor={self.monitor}: not measured; there are {known}")
        score = float(trainer.callback_metrics[self.monitor])
        if math.isfinite(score) and (self.best_score is None or self.better(pl_module, score)):
            self.best_score = score
            trainer.save_checkpoint(self.best)
        self.save_periodic(trainer)
        self.save_last(trainer)

    def better(self, module: LightningModule, score: float) -> bool:
        """Whether a score beats the best one."""
        more = module.metrics[self.monitor.removeprefix("val/")].higher_is_better  # type: ignore[index, union-attr]
        return score > self.best_score if more else score < self.best_score  # type: ignore[operator]

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """A scheduler's SIGTERM comes between two iterations, or two images of a validation, and loses nothing."""
        if isinstance(exception, SIGTERMException):
            if trainer.validating:
                begin_again(trainer)
            self.save_last(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.save_last(trainer)

    def save_periodic(self, trainer: Trainer) -> None:
        if self.every and trainer.global_step % self.every == 0:
            trainer.save_checkpoint(self.folder / f"iteration-{trainer.global_step}.ckpt")

    def save_last(self, trainer: Trainer) -> None:
        trainer.save_checkpoint(self.last)
        self.saved_at = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        return {"best_score": self.best_score}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        if self.best.is_file():  # a run that goes on in another folder finds its best anew
            self.best_score = state_dict["best_score"]


def begin_again(trainer: Trainer) -> None:
    """Make a run that goes on from here validate first: to Lightning, the first image was begun and not ended."""
    progress = trainer.fit_loop.epoch_loop.val_loop.batch_progress
    progress.reset()
    progress.increment_ready()
    progress.increment_started()
