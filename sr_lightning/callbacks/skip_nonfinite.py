"""Skip non-finite training steps; abort after too many in a row."""

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from sr_lightning.data.batch import Batch
from sr_lightning.errors import InputError
from sr_lightning.modules import tensor_groups
from sr_lightning.modules.data_summary import data_summary
from sr_lightning.modules.lightning_compat import is_logging_step
from sr_lightning.modules.optimizers import skip_if
from sr_lightning.modules.restorer import as_restorer


class SkipNotFinite(Callback):
    """Skips every iteration with a loss or gradient that is infinite or NaN.

    A skipped iteration leaves all parameters, optimizer states and running statistics bit-identical, on all devices. It
    still counts as an iteration for schedules and the moving average. The number of skipped iterations is logged as
    ``train/nonfinite_steps``.

    The check does not synchronize with the device: its result is read when the host waits for the device anyway, i.e.
    at logging steps, at validations and at the end.

    Args:
        limit: number of consecutive skipped iterations that ends the run.
    Raises:
        InputError: names the images of the last batch and the first non-finite loss or network.
    """

    def __init__(self, limit: int = 10) -> None:
        self.limit = limit
        self.skipped = torch.zeros(())
        self.in_a_row = torch.zeros(())
        self.nonfinite: Tensor | None = None  # True if this iteration is skipped; None before the check
        self.checked: list[tuple[str, Tensor]] = []  # names and values of the losses and gradient maxima

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.skipped, self.in_a_row = self.skipped.to(pl_module.device), self.in_a_row.to(pl_module.device)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Batch, batch_idx: int) -> None:
        self.batch, self.nonfinite = batch, None
        self.buffers = tensor_groups.by_type(pl_module.buffers())
        self.saved_buffers = [tensor_groups.join(group) for group in self.buffers]

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Decide for all optimizers at the step of the first, when all gradients exist; restore running statistics."""
        if self.nonfinite is None:
            self.checked = [*as_restorer(pl_module).losses, *gradient_maxima(pl_module)]
            self.nonfinite = ~torch.stack([value.float() for _, value in self.checked]).isfinite().all()
            if distributed.is_available() and distributed.is_initialized():
                on_any_device = self.nonfinite.float()
                distributed.all_reduce(on_any_device, distributed.ReduceOp.MAX)
                self.nonfinite = on_any_device.bool()
            self.skipped = self.skipped + self.nonfinite
            self.in_a_row = (self.in_a_row + 1) * self.nonfinite
            for group, saved in zip(self.buffers, self.saved_buffers, strict=True):
                tensor_groups.spread(torch.where(self.nonfinite, saved, tensor_groups.join(group)), group)
        skip_if(optimizer, self.nonfinite)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        pl_module.log("train/nonfinite_steps", self.skipped)
        if is_logging_step(trainer):
            self.abort_if_repeated(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn == "fit":
            self.abort_if_repeated(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.abort_if_repeated(trainer)

    def abort_if_repeated(self, trainer: Trainer) -> None:
        """Synchronize with the device, and end the run after too many skipped iterations in a row."""
        if self.in_a_row < self.limit:
            return
        first = next((name for name, value in self.checked if not value.isfinite()), "a value on another device")
        raise InputError(
            f"iteration {trainer.global_step}: {int(self.in_a_row)} iterations in a row were not finite, first in "
            f"{first}; images of the last batch: {', '.join(image_names(trainer, self.batch.image))}; check these "
            "images, or resume from an earlier checkpoint with a smaller optimizer.lr"
        )

    def state_dict(self) -> dict[str, Any]:
        return {"skipped": int(self.skipped), "in_a_row": int(self.in_a_row)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.skipped, self.in_a_row = (torch.tensor(float(state_dict[name])) for name in ("skipped", "in_a_row"))


def gradient_maxima(module: nn.Module) -> list[tuple[str, Tensor]]:
    """Return the largest absolute gradient of each network, which is non-finite if any value is."""
    maxima = []
    for name, network in module.named_children():
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        if gradients:
            maxima.append((f"the {name}'s gradient", nn.utils.get_total_norm(gradients, float("inf"))))
    return maxima


def image_names(trainer: Trainer, numbers: Tensor) -> list[str]:
    """Return the unique files of training images by their indices, or the indices if the files are unknown."""
    data = data_summary(trainer)
    if data is None:
        return [str(number) for number in sorted(set(numbers.tolist()))]
    return data.training_names(numbers)
