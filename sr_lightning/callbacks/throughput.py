"""Log the training speed and the time spent waiting for data."""

import time
from collections.abc import Callable
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from sr_lightning.callbacks.stopwatch import Stopwatch
from sr_lightning.modules.lightning_compat import is_logging_step


class Speed(Callback):
    """Logs ``speed/iterations_per_second`` and ``speed/data_wait`` at every logging step.

    Both are means since the previous logging step, without validations. ``data_wait`` is the fraction of time outside
    of iterations, in which batches are loaded and transferred and checkpoints written. Near 0 the device is busy; if it
    is large, increase ``data.workers`` or set ``data.resident=true``.

    Args:
        clock: returns seconds, e.g. ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.watch = Stopwatch(clock)
        self.iterations, self.waited, self.worked = 0, 0.0, 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.watch.lap()
        self.iterations, self.waited, self.worked = 0, 0.0, 0.0  # an initial validation does not count

    def on_train_batch_start(self, *_: Any) -> None:
        self.waited += self.watch.lap()

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        self.worked += self.watch.lap()
        self.iterations += 1
        if is_logging_step(trainer):
            total = max(self.waited + self.worked, 1e-9)
            pl_module.log("speed/iterations_per_second", self.iterations / total)
            pl_module.log("speed/data_wait", self.waited / total)
            self.iterations, self.waited, self.worked = 0, 0.0, 0.0

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.waited += self.watch.lap()

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.watch.lap()
