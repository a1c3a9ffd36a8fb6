"""Exponential moving average of the generator's weights."""

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn

from sr_lightning.data.batch import Batch
from sr_lightning.modules.restorer import Restorer, as_restorer


class GeneratorEMA(Callback):
    """Exponential moving average of the generator's parameters; buffers are copied. Validation uses the average.

    The decay of the n-th update is min(decay, (1 + n) / (10 + n)), so that the initial weights do not dominate short
    runs. Checkpoints hold the raw weights in ``state_dict`` and the averaged ones in ``ema``.

    Args:
        decay: of the average; 0.999 in BasicSR's ESRGAN.
        validate_raw: also validate the raw weights, as ``val/raw_NAME``; validation then takes twice as long.
    Raises:
        ValueError: a decay outside [0, 1).
    """

    def __init__(self, decay: float = 0.999, validate_raw: bool = False) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be in [0, 1), got {decay}")
        self.decay, self.validate_raw = decay, validate_raw
        self.updates = 0
        self.average: dict[str, Tensor] = {}
        self.raw: dict[str, Tensor] | None = None  # raw weights, while the network holds the average

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module = as_restorer(pl_module)
        weights = generator_state(module)
        start = self.average or weights
        self.average = {name: start[name].to(value.device, copy=True) for name, value in weights.items()}
        parameters = {name for name, _ in module.generator.named_parameters()}
        pairs = [(self.average[name], value, name in parameters) for name, value in weights.items()]
        self.interpolated = [(average, value) for average, value, parameter in pairs if parameter]
        self.copied = [(average, value) for average, value, parameter in pairs if not parameter]

    @torch.no_grad()
    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        if self.updates == trainer.global_step:
            return
        self.updates = trainer.global_step
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        if self.interpolated:
            averages, values = zip(*self.interpolated, strict=True)
            get_ema_multi_avg_fn(keep)(averages, values, None)
        for average, value in self.copied:
            average.copy_(value)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.average:
            return
        if trainer.state.fn == "fit" and self.updates != trainer.global_step:
            raise RuntimeError(f"{self.updates} updates of the average after {trainer.global_step} iterations")
        weights = generator_state(as_restorer(pl_module))
        self.raw = {name: value.clone() for name, value in weights.items()}
        overwrite(weights, self.average)

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, *_: Any
    ) -> None:
        if self.validate_raw and self.raw is not None:
            module = as_restorer(pl_module)
            weights = generator_state(module)
            overwrite(weights, self.raw)
            module.record("val/raw_", int(batch.image), module.measure(batch)["scores"])
            overwrite(weights, self.average)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.raw is not None:
            overwrite(generator_state(as_restorer(pl_module)), self.raw)
            self.raw = None

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self.on_validation_end(trainer, pl_module)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["ema"] = {"updates": self.updates, "generator": self.average}

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        if "ema" in checkpoint:
            self.updates, self.average = checkpoint["ema"]["updates"], dict(checkpoint["ema"]["generator"])


def generator_state(module: Restorer) -> dict[str, Tensor]:
    """Return the generator's parameters and buffers as in its ``state_dict``, without copying."""
    return dict(module.generator.state_dict())


@torch.no_grad()
def overwrite(weights: dict[str, Tensor], values: dict[str, Tensor]) -> None:
    """Copy ``values`` into ``weights``, tensor by tensor."""
    for name, value in weights.items():
        value.copy_(values[name])
