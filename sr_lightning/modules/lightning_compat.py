"""Count the steps of two optimizers as one iteration; Lightning counts every step."""

from collections.abc import Iterator
from contextlib import contextmanager

from lightning import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer


def do_not_count(optimizer: LightningOptimizer) -> None:
    """Exclude the next step of an optimizer from ``trainer.global_step``.

    Lightning counts the steps of all optimizers in these two hooks, which each loop installs anew.
    """
    optimizer._on_before_step = lambda: None
    optimizer._on_after_step = lambda: None


@contextmanager
def one_factor(trainer: Trainer) -> Iterator[None]:
    """Update a gradient scaler once, after the steps of both optimizers, whose gradients have the same scale.

    Lightning updates it after each step.
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
