"""Recommend a length for fine-tuning, and warn about settings and validations that indicate forgetting."""

import logging
from collections.abc import Mapping
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback

from sr_lightning.callbacks.score_basis import basis_of_trainer, difference
from sr_lightning.modules.adversarial import AdversarialRestorer
from sr_lightning.modules.data_summary import DataSummary, data_summary
from sr_lightning.modules.restorer import as_restorer

log = logging.getLogger(__name__)
CHECKED_ITERATIONS = 10  # over which the discriminator is evaluated before the generator starts


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
        self.start: float | None = None  # score of the initial weights
        self.basis: dict[str, Any] = {}  # of the scores, see score_basis
        self.logit_gaps: list[float] = []

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if stage == "fit":
            self.basis = basis_of_trainer(self.monitor, trainer, pl_module)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log a recommended number of iterations, and warn about unusual settings."""
        if not trainer.is_global_zero:
            return
        data = data_summary(trainer)
        if data is not None:
            self.check_length(trainer.max_steps, data)
            self.check_degradation(data)
        group = trainer.optimizers[0].param_groups[0]
        lr = group.get("initial_lr", group["lr"])
        if lr > self.lr:
            log.warning(
                "optimizer.lr=%g: is large for fine-tuning, the network may forget what it has learned; set %g or less",
                lr, self.lr / 10,
            )  # fmt: skip
        if self.discriminator is None and trainer.global_step == 0 and generator_start(pl_module) == 0:
            log.warning(
                "generator_start=0: the discriminator is untrained and the generator would follow it from the first "
                "iteration; set generator_start=200 discriminator_lr=4e-4, or init_discriminator=FILE"
            )

    def check_length(self, iterations: int, data: DataSummary) -> None:
        """Log the number of iterations that suits the number of pixels, and warn if there are more."""
        passes_per_iteration = data.pixels_per_iteration / data.training_pixels
        most = max(1, round(self.passes / passes_per_iteration))
        log.info(
            "%d photographs with %.3g million pixels: at most %d iterations are recommended, and optimizer.lr from %g "
            "to %g", len(data.training_files), data.training_pixels / 1e6, most, self.lr / 100, self.lr / 10,
        )  # fmt: skip
        if iterations > most:
            log.warning(
                "iterations=%d: the network would see each pixel %.0f times and overfit to these photographs; set "
                "iterations=%d, or add photographs", iterations, iterations * passes_per_iteration, most,
            )  # fmt: skip

    def check_degradation(self, data: DataSummary) -> None:
        """Warn if all LR images have the same degradation."""
        if data.fixed_degradation:
            log.warning(
                "degradation: is not random, so the network forgets how to remove blur, noise and compression; set "
                "degradation=second_order"
            )

    def on_train_batch_end(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Check the discriminator in the last iterations in which it trains alone."""
        start = generator_start(pl_module) or 0
        if not trainer.is_global_zero or not max(0, start - CHECKED_ITERATIONS) < trainer.global_step <= start:
            return
        real, fake = (trainer.callback_metrics[f"train/d_{name}"] for name in ("real", "fake"))
        self.logit_gaps.append(float(real - fake))
        gap = sum(self.logit_gaps) / len(self.logit_gaps)
        if trainer.global_step == start and gap < self.apart:
            log.warning(
                "generator_start=%d: the discriminator hardly distinguishes photographs from generated images "
                "(train/d_real - train/d_fake = %.2g), and the generator follows it from now on; set "
                "generator_start=%d", start, gap, 3 * start,
            )  # fmt: skip

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.state.fn != "fit":
            return
        score = float(trainer.callback_metrics[self.monitor])
        if trainer.sanity_checking:
            self.start = score
        elif self.start is not None and trainer.is_global_zero:
            higher = as_restorer(pl_module).higher_is_better(self.monitor)
            worse = self.start - score if higher else score - self.start
            if worse > self.tolerance * abs(self.start):
                log.warning(
                    "iteration %d: %s is %.4g, worse than %.4g before fine-tuning; stop here, or restart with a "
                    "smaller optimizer.lr", trainer.global_step, self.monitor, score, self.start,
                )  # fmt: skip

    def state_dict(self) -> dict[str, Any]:
        return {"start": self.start, "basis": self.basis}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Restore the score of the initial weights if new scores can be compared with it."""
        if difference(state_dict.get("basis") or self.basis, self.basis) is None:
            self.start = state_dict["start"]


def generator_start(module: LightningModule) -> int | None:
    """Return the iterations in which the discriminator trains alone; None for training without a discriminator."""
    return module.update_schedule.generator_start if isinstance(module, AdversarialRestorer) else None
