"""Every private name of Lightning that this library uses, behind one function or class each.

A release of Lightning may rename them; tests/modules/test_lightning_compat.py fails for each that no longer works.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer
from lightning.pytorch.strategies import DDPStrategy
from torch import distributed, nn


class UnwrappedDDPStrategy(DDPStrategy):
    """The processes of DDP without its wrapper around the module.

    DistributedDataParallel expects one backward pass through all parameters per forward pass. A generator and a
    discriminator with a common graph do two, each to their own parameters, so their module averages gradients itself.
    """

    def _setup_model(self, model: nn.Module) -> Any:
        """Broadcast the weights of the first process, as the wrapper does, and return the module unwrapped."""
        for tensor in model.state_dict().values():
            distributed.broadcast(tensor, 0)
        return model

    def _register_ddp_hooks(self) -> None:
        """Register nothing, because there is no wrapper."""


def lightning_optimizers(module: LightningModule) -> list[LightningOptimizer]:
    """Return Lightning's wrappers of all optimizers, whose ``step`` applies precision and calls callbacks."""
    optimizers = module.optimizers()
    return optimizers if isinstance(optimizers, list) else [optimizers]


def exclude_from_global_step(optimizer: LightningOptimizer) -> None:
    """Do not count the next step of an optimizer in ``trainer.global_step``.

    Lightning counts the steps of all optimizers in these two hooks, which it installs anew for each batch.
    """
    optimizer._on_before_step = lambda: None
    optimizer._on_after_step = lambda: None


@contextmanager
def one_scaler_update(trainer: Trainer) -> Iterator[None]:
    """Update the gradient scaler once, after all optimizer steps in the block, whose gradients have one scale.

    Lightning updates it after each step. Without a gradient scaler this does nothing.
    """
    scaler = getattr(trainer.precision_plugin, "scaler", None)
    if scaler is None:
        yield
        return
    scaler.update = lambda: None
    try:
        yield
    finally:
        del scaler.update
    scaler.update()


def restart_validation(trainer: Trainer) -> None:
    """Make a checkpoint that is saved during a validation resume at the start of this validation.

    Marks the first image as started and not finished.
    """
    progress = trainer.fit_loop.epoch_loop.val_loop.batch_progress
    progress.reset()
    progress.increment_ready()
    progress.increment_started()


def is_logging_step(trainer: Trainer) -> bool:
    """Return True if metrics are logged after this iteration."""
    interval: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
    return trainer.global_step % interval == 0
