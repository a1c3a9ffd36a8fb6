"""Two optimizers that step as one iteration, where Lightning takes each step for one."""

from collections.abc import Iterator
from contextlib import contextmanager

from lightning import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer


def do_not_count(optimizer: LightningOptimizer) -> None:
    """Keep the coming step of one optimizer out of ``trainer.global_step``.

    Lightning counts the steps of all optimizers; its counting hangs on these two hooks, which each loop installs anew.
    """
    optimizer._on_before_step = lambda: None
    optimizer._on_after_step = lambda: None


@contextmanager
def one_factor(trainer: Trainer) -> Iterator[None]:
    """Let a gradient scaler change its factor once, after the steps of both players, whose gradients have the old one.

    Lightning changes it after each step.
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
