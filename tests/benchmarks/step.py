"""One training run in a fresh process: seconds of each iteration and peak memory, printed as JSON."""

import json
import resource
import sys
import time
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from sr_lightning.cli.config import CONF
from sr_lightning.cli.warnings import quiet
from sr_lightning.training.build import build

QUIETLY = ("+trainer.limit_val_batches=0", "+trainer.enable_checkpointing=false", "+trainer.enable_progress_bar=false")


class Clock(Callback):
    """The time at the end of each iteration, with the device's work done."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if pl_module.device.type == "cuda":
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())


def peak_memory() -> float:
    """GB: of the GPU where there is one, else of this process."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main(overrides: list[str]) -> None:
    quiet()
    before = peak_memory()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [*overrides, "name=bench", *QUIETLY])
    config.logger, config.callbacks = {}, {"ema": config.callbacks.ema}
    trainer, module, data = build(config)
    clock = Clock()
    trainer.callbacks.append(clock)
    trainer.fit(module, data)
    seconds = [after - start for start, after in zip(clock.times, clock.times[1:], strict=False)]
    crops = config.data.batch_size
    sys.stdout.write(json.dumps({"seconds": seconds, "crops": crops, "memory": peak_memory() - before}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
