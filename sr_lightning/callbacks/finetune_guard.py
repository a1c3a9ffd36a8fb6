"""Recommend a length for fine-tuning, and warn about settings and validations that indicate forgetting."""

import logging
from collections.abc import Mapping
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

log = logging.getLogger(__name__)
LAST = 10  # iterations over which the discriminator is evaluated before the generator starts


class Forgetting(Callback):
    """Warns if a validation is worse than that of the initial weights, or if settings are unusual for fine-tuning.

    The initial weights are validated by Lightning's sanity check, which must cover the validation set
    (``Trainer(num_sanity_val_steps=-1)``). Resumed runs keep this measurement.

    Args:
        monitor: ``val/NAME`` of the compared metric.
        lr: learning rate of the generator above which to warn.
        passes: number of times that each training pixel may be seen without a warning.
        tolerance: relative deterioration of the metric without a warning.
        apart: smallest difference of the mean logits of real and generated images that a new discriminator must reach
            before the generator starts, to avoid a warning.
        discriminator: initial weights of the discriminator; None for a new one, which should train alone first.
    """

    def __init__(
        self,
        monitor: str,
        lr: float,
        passes: float,
        tolerance: float,
        apart: float,
        discriminator: str | None = None,
    ) -> None:
        self.monitor, self.lr, self.passes, self.tolerance, self.apart = monitor, lr, passes, tolerance, apart
        self.discriminator = discriminator
        self.start: float | None = None
        self.gaps: list[float] = []

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log how many iterations make sense for the photographs, and warn about unusual settings."""
        if not trainer.is_global_zero:
            return
        data = trainer.datamodule  # type: ignore[attr-defined]
        pixels = float(data.hr.sizes.prod(axis=1, dtype=float).sum())
        seen = data.batch_size * data.crop**2 / pixels  # in one iteration, of all
        enough = max(1, round(self.passes / seen))
        log.info(
            "%d photographs, %.3g million pixels: up to %d iterations make sense, with optimizer.lr from %g to %g",
            len(data.hr.sizes), pixels / 1e6, enough, self.lr / 100, self.lr / 10,
        )  # fmt: skip
        if trainer.max_steps > enough:
            log.warning(
                "iterations=%d: each pixel would be seen %.0f times, and the network would learn these photographs by "
                "heart; set iterations=%d, or add photographs", trainer.max_steps, trainer.max_steps * seen, enough,
            )  # fmt: skip
        group = trainer.optimizers[0].param_groups[0]
        lr = group.get("initial_lr", group["lr"])
        if lr > self.lr:
            log.warning("optimizer.lr=%g: the network forgets what it knows; set %g or less", lr, self.lr / 10)
        alone = getattr(pl_module, "generator_start", None)
        if self.discriminator is None and alone == 0 and trainer.global_step == 0:
            log.warning(
                "generator_start=0: the discriminator is new and knows nothing, and the generator follows it from the "
                "start; set generator_start=200 discriminator_lr=4e-4, or init_discriminator=FILE"
            )
        if data.lr is None and not data.degradation.is_random:
            log.warning(
                "degradation: without a random one, the network forgets how to undo blur, noise and compression; set "
                "degradation=second_order"
            )

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Check the discriminator in the last iterations in which it trains alone."""
        wait = getattr(pl_module, "generator_start", 0)
        if not trainer.is_global_zero or not max(0, wait - LAST) < trainer.global_step <= wait:
            return
        real, fake = (trainer.callback_metrics[f"train/d_{name}"] for name in ("real", "fake"))
        self.gaps.append(float(real - fake))
        gap = sum(self.gaps) / len(self.gaps)
        if trainer.global_step == wait and gap < self.apart:
            log.warning(
                "generator_start=%d: the discriminator hardly tells photographs from the network's images, as "
                "train/d_real - train/d_fake is %.2g, and the generator follows it from now on; set generator_start=%d",
                wait, gap, 3 * wait,
            )  # fmt: skip

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != "fit":
            return
        score = float(trainer.callback_metrics[self.monitor])
        if trainer.sanity_checking:
            self.start = score
        elif self.start is not None and trainer.is_global_zero:
            more = pl_module.metrics[self.monitor.removeprefix("val/")].higher_is_better  # type: ignore[index, union-attr]
            worse = self.start - score if more else score - self.start
            if worse > self.tolerance * abs(self.start):
                log.warning(
                    "iteration %d: %s is %.4g and was %.4g at the start: the network forgets; stop here, or start "
                    "again with a smaller optimizer.lr", trainer.global_step, self.monitor, score, self.start,
                )  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        return {"start": self.start}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.start = state_dict["start"]
