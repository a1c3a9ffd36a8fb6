"""Time and peak memory of a training run; as a command, printed as JSON."""

import json
import resource
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

import sr_lightning.train  # noqa: F401  registers the resolvers that conf/train.yaml uses
from sr_lightning.cli.config import CONF
from sr_lightning.cli.warnings import quiet
from sr_lightning.modules import Restorer, SRDataModule
from sr_lightning.training.build import build
from tests.benchmarks.timing import synchronize

QUIETLY = ("+trainer.limit_val_batches=0", "+trainer.enable_checkpointing=false", "+trainer.enable_progress_bar=false")


class Clock(Callback):
    """Record the time every few iterations, after the device has finished its work.

    Args:
        every: number of iterations; waiting after each one would keep a GPU from queuing the next.
    """

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.times: list[float] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if trainer.global_step % self.every == 0:
            synchronize(pl_module.device)
            self.times.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        """Return the seconds per iteration in each of the intervals."""
        return [(after - start) / self.every for start, after in zip(self.times, self.times[1:], strict=False)]


def peak_memory() -> float:
    """Return the peak memory in GB: of the GPU since its last reset, or of this process without a GPU."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def prepared(overrides: Sequence[str], callbacks: Sequence[str] = ("ema",)) -> tuple[Trainer, Restorer, SRDataModule]:
    """Build the module, data and trainer of the training command, without validation, logs and files.

    Args:
        callbacks: names of the callbacks of ``conf/callbacks`` to use.
    """
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*overrides, "name=bench", *QUIETLY])
    config.logger, config.callbacks = {}, {name: config.callbacks[name] for name in callbacks}
    return build(config)


def measure(overrides: Sequence[str], every: int = 1, callbacks: Sequence[str] = ("ema",)) -> dict[str, Any]:
    """Return seconds and crops per iteration, GB of memory, and the timed periods."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    before = peak_memory()
    trainer, module, data = prepared(overrides, callbacks)
    clock = Clock(every)
    trainer.callbacks.append(clock)
    trainer.fit(module, data)
    span = clock.times[0], clock.times[-1]
    return {"seconds": clock.seconds, "crops": data.batch_size, "memory": peak_memory() - before, "span": span}


def main(overrides: list[str]) -> None:
    quiet()
    sys.stdout.write(json.dumps(measure(overrides)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
