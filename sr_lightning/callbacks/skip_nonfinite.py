"""Skip non-finite training steps; abort after too many in a row."""

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import Tensor, distributed, nn
from torch.optim import Optimizer

from sr_lightning.errors import InputError
from sr_lightning.modules import tensor_groups
from sr_lightning.modules.optimizers import skip_if


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
        self.found: Tensor | None = None  # True if this iteration is skipped; None before the check
        self.looked_at: list[tuple[str, Tensor]] = []

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.skipped, self.in_a_row = self.skipped.to(pl_module.device), self.in_a_row.to(pl_module.device)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        self.batch, self.found = batch, None
        self.buffers = tensor_groups.by_type(pl_module.buffers())
        self.kept = [tensor_groups.join(group) for group in self.buffers]

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Decide for all optimizers at the step of the first, when all gradients exist; restore running statistics."""
        if self.found is None:
            self.looked_at = [*pl_module.losses, *gradient_maxima(pl_module)]  # type: ignore[misc]
            self.found = ~torch.stack([value.float() for _, value in self.looked_at]).isfinite().all()
            if distributed.is_available() and distributed.is_initialized():
                devices = self.found.float()
                distributed.all_reduce(devices, distributed.ReduceOp.MAX)
                self.found = devices.bool()
            self.skipped = self.skipped + self.found
            self.in_a_row = (self.in_a_row + 1) * self.found
            for group, kept in zip(self.buffers, self.kept, strict=True):
                tensor_groups.spread(torch.where(self.found, kept, tensor_groups.join(group)), group)
        skip_if(optimizer, self.found)

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        pl_module.log("train/nonfinite_steps", self.skipped)
        if trainer.global_step % trainer.log_every_n_steps == 0:  # type: ignore[attr-defined]
            self.look(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn == "fit":
            self.look(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.look(trainer)

    def look(self, trainer: Trainer) -> None:
        """Synchronize with the device, and end the run after too many skipped iterations in a row."""
        if self.in_a_row < self.limit:
            return
        first = next((name for name, value in self.looked_at if not value.isfinite()), "another device's share")
        raise InputError(
            f"iteration {trainer.global_step}: not finite, as the {int(self.in_a_row) - 1} before, first in {first}; "
            f"the images of this batch: {', '.join(images(trainer, self.batch.image))}; look at them, or go on from an "
            "earlier checkpoint with a smaller optimizer.lr"
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


def images(trainer: Trainer, numbers: Tensor) -> list[str]:
    """Return the unique files of training images by their indices, or the indices without a data module."""
    files = getattr(getattr(trainer, "datamodule", None), "train_files", None)
    unique = sorted(set(numbers.tolist()))
    return [str(number if files is None else files.hr[number]) for number in unique]
