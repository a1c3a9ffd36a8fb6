"""Save the best, the last and periodic checkpoints atomically."""

import logging
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

from sr_lightning.callbacks.score_basis import basis_of_trainer, difference
from sr_lightning.modules.lightning_compat import is_logging_step, restart_validation
from sr_lightning.modules.restorer import Restorer, as_restorer
from sr_lightning.system.atomic import replacing

log = logging.getLogger(__name__)


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes to a temporary file, then renames it: a killed run or a full disk leaves no incomplete checkpoint.

    Raises:
        InputError: the folder cannot be written, or the disk is full.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        path = Path(path)
        with replacing(path, path.with_name(f"{path.name}.partial")) as partial:
            try:
                write(checkpoint, partial)
            except RuntimeError as error:  # torch reports a failed write as an error of its archive
                if isinstance(error.__context__, OSError):
                    raise error.__context__ from error
                raise


def write(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint and wait until the disk has it."""
    with path.open("wb") as file:
        torch.save(checkpoint, file)
        file.flush()
        os.fsync(file.fileno())


class Checkpoints(Checkpoint):
    """Saves ``best.ckpt`` by a validation metric, ``last.ckpt``, and periodic ``iteration-N.ckpt``.

    The best checkpoint is saved at the end of a validation, so it holds the weights that were validated. ``last.ckpt``
    is saved after each validation, in intervals of wall-clock time, and at the end of training.

    Args:
        folder: of the checkpoints.
        monitor: ``val/NAME`` of the metric that selects the best; its class defines whether higher is better.
        every: iterations between periodic checkpoints; None saves none.
        minutes: wall-clock time between two savings of ``last.ckpt``, checked at each logging step.
    """

    def __init__(self, folder: str | Path, monitor: str, every: int | None = None, minutes: float = 10) -> None:
        self.folder, self.monitor, self.every, self.minutes = Path(folder), monitor, every, float(minutes)
        self.best_score: float | None = None
        self.basis: dict[str, Any] = {}  # of the scores, see score_basis
        self.saved_at = time.monotonic()

    @property
    def best(self) -> Path:
        """Return the path of the best checkpoint, which exists after the first validation."""
        return self.folder / "best.ckpt"

    @property
    def last(self) -> Path:
        """Return the path of the newest checkpoint, from which a run resumes."""
        return self.folder / "last.ckpt"

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if stage == "fit":
            self.basis = basis_of_trainer(self.monitor, trainer, pl_module)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.val_check_batch and trainer.global_step % trainer.val_check_batch == 0:
            return  # a checkpoint here would make a resumed run skip this validation
        self.save_periodic(trainer)
        if is_logging_step(trainer):
            due = time.monotonic() - self.saved_at > 60 * self.minutes
            if trainer.strategy.broadcast(due):  # all devices save together, by the clock of rank 0
                self.save_last(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != "fit" or trainer.sanity_checking:
            return
        if self.monitor not in trainer.callback_metrics:
            known = ", ".join(sorted(name for name in trainer.callback_metrics if name.startswith("val/")))
            raise ValueError(f"monitor={self.monitor}: is not measured; set monitor to one of {known}")
        score = float(trainer.callback_metrics[self.monitor])
        if math.isfinite(score) and self.is_best(as_restorer(pl_module), score):
            self.best_score = score
            trainer.save_checkpoint(self.best)
        self.save_periodic(trainer)
        self.save_last(trainer)

    def is_best(self, module: Restorer, score: float) -> bool:
        """Return True for the first score and for one that is better than the best so far."""
        if self.best_score is None:
            return True
        return score > self.best_score if module.higher_is_better(self.monitor) else score < self.best_score

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Save a checkpoint on SIGTERM, which is raised between two iterations or two validation images."""
        if isinstance(exception, SIGTERMException):
            if trainer.validating:
                restart_validation(trainer)
            self.save_last(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.save_last(trainer)

    def save_periodic(self, trainer: Trainer) -> None:
        """Save ``iteration-N.ckpt`` if it is due."""
        if self.every and trainer.global_step % self.every == 0:
            trainer.save_checkpoint(self.folder / f"iteration-{trainer.global_step}.ckpt")

    def save_last(self, trainer: Trainer) -> None:
        """Save ``last.ckpt`` and restart the clock for the next one."""
        trainer.save_checkpoint(self.last)
        self.saved_at = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        return {"best_score": self.best_score, "basis": self.basis}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore the best score if the best checkpoint is in the folder and new scores can be compared with it."""
        if not self.best.is_file():  # a run resumed in another folder selects its best checkpoint anew
            return
        changed = difference(state_dict.get("basis") or self.basis, self.basis)
        if changed is None:
            self.best_score = state_dict["best_score"]
        else:
            log.warning("%s: %s; the next validation selects the best checkpoint anew", self.best, changed)
