"""A run that has diverged stops instead of going on with numbers that are none."""

import math
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from sr_lightning.errors import InputError


class StopWhenNotFinite(Callback):
    """Looks at the logged losses whenever they are logged, so that no iteration waits for it.

    Raises:
        InputError: a loss is infinite or not a number.
    """

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.global_step % trainer.log_every_n_steps:  # type: ignore[attr-defined]
            return
        for name, value in trainer.callback_metrics.items():
            if name.startswith("train/") and not math.isfinite(float(value)):
                raise InputError(
                    f"iteration {trainer.global_step}: {name} is {float(value)}, the run has diverged; go on from an "
                    "earlier checkpoint with a smaller optimizer.lr"
                )
