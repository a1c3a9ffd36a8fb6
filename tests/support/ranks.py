"""Callback that records the weights of every process of a multi-device run."""

from pathlib import Path

import torch
from lightning.pytorch.callbacks import Callback

from sr_lightning.callbacks import GeneratorEMA


class Ranks(Callback):
    """Put nan into the batch of the last rank in one iteration, and write the weights and averages of every rank.

    Args:
        folder: of the files, ``N.pt``.
        poison: iteration of the nan, counted from 1.
    """

    def __init__(self, folder: str, poison: int) -> None:
        self.folder, self.poison = Path(folder), poison

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if trainer.global_step + 1 == self.poison and trainer.global_rank == trainer.world_size - 1:
            batch.lr[0, 0, 0, 0] = torch.nan

    def on_train_end(self, trainer, pl_module):
        (ema,) = (callback for callback in trainer.callbacks if isinstance(callback, GeneratorEMA))
        average = {f"ema {name}": value for name, value in ema.average.items()}
        counted = {"skipped": trainer.callback_metrics["train/nonfinite_steps"]}
        self.folder.mkdir(exist_ok=True)
        torch.save({**pl_module.state_dict(), **average, **counted}, self.folder / f"{trainer.global_rank}.pt")
