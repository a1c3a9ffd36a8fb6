"""Training of a generator with an objective."""

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import Metric

from sr_lightning.data.batch import Batch
from sr_lightning.losses import Losses, Objective
from sr_lightning.metrics import per_image
from sr_lightning.modules.data_summary import data_summary
from sr_lightning.modules.optimizers import fuse
from sr_lightning.modules.validation_scores import ValidationScores


class MeasuredImage(TypedDict):
    """Result of a validation step.

    Attributes:
        sr: (1, C, H, W) in [0, 1].
        scores: metric -> value of this image.
    """

    sr: Tensor
    scores: per_image.Scores


class Restorer(LightningModule):
    """Trains a generator with an objective, by automatic optimization.

    One batch is one iteration and one update of the generator, counted by ``trainer.global_step``.

    Args:
        generator: (B, C, h, w) -> (B, C, s*h, s*w), both in [0, 1].
        objective: maps (generator, lr, hr) to named losses.
        weights: factor of each loss in the total; every loss needs one.
        optimizer: maps parameters to an optimizer.
        scheduler: maps an optimizer to a schedule, stepped once per iteration.
        metrics: name -> metric of (sr, hr), for validation.
    Attributes:
        losses: names and unweighted values of the losses of this iteration.
    """

    def __init__(
        self,
        generator: nn.Module,
        objective: Objective,
        weights: Mapping[str, float],
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[[Optimizer], LRScheduler],
        metrics: Mapping[str, Metric],
    ) -> None:
        super().__init__()
        self.generator = generator
        self.objective = objective
        self.weights = dict(weights)
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.metrics = dict(metrics)
        self.losses: list[tuple[str, Tensor]] = []
        self.validation_scores = ValidationScores()

    def forward(self, lr: Tensor) -> Tensor:
        """Inference: lr (B, C, h, w) -> sr (B, C, s*h, s*w), both in [0, 1].

        Not compiled, because full images have various sizes and each size would be compiled anew.
        """
        return self.generator.forward(lr).clamp(0, 1)

    def on_fit_start(self) -> None:
        """Fail fast: run the metrics on black images of the smallest validation sizes."""
        data = data_summary(self.trainer)
        for path, height, width in data.smallest_validation if data else ():
            black = torch.zeros(1, 3, height, width)
            per_image.measure(self.metrics, black, black, str(path))

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        self.losses.clear()

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor | None:
        self.log_number("lr", self.trainer.optimizers[0].param_groups[0]["lr"])
        return self.total(self.objective(self.generator, batch.lr, batch.hr), len(batch.hr))

    def validation_step(self, batch: Batch, batch_idx: int) -> MeasuredImage:
        measured = self.measure(batch)
        self.record("val/", int(batch.image), measured["scores"])
        return measured

    def measure(self, batch: Batch) -> MeasuredImage:
        """Upscale a full image in float32 with the generator's current weights, and measure the result."""
        with per_image.exact(self.device):
            sr = self(batch.lr)
            scores = per_image.measure(self.metrics, sr, batch.hr, batch.name)
        return {"sr": sr, "scores": scores}

    def record(self, prefix: str, image: int, scores: per_image.Scores) -> None:
        """Add scores of a validation image; their means are logged as ``prefix + name`` at the validation's end.

        Args:
            prefix: ``val/``, or ``val/KIND_`` for another measurement of the same images.
            image: index of the image, ``Batch.image``.
            scores: name -> value.
        """
        self.validation_scores.record(prefix, image, scores)

    def on_validation_epoch_end(self) -> None:
        self.log_dict(dict(self.validation_scores.means()))
        self.log("step", float(self.trainer.global_step))  # Lightning's name for the logger's x-axis

    def higher_is_better(self, monitor: str) -> bool:
        """Return True if a higher value of a metric is better; ``monitor`` is its name in the log, ``val/NAME``."""
        return bool(self.metrics[monitor.removeprefix("val/")].higher_is_better)

    def configure_optimizers(self) -> Any:
        optimizer = fuse(self.optimizer(self.generator.parameters()))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": self.scheduler(optimizer), "interval": "step"}}

    def total(self, losses: Losses, batch_size: int) -> Tensor:
        """Log the losses, raw and weighted, and return the weighted sum (ESRGAN, eq. 3)."""
        missing = losses.keys() - self.weights.keys()
        if missing:
            raise ValueError(f"loss {min(missing)!r} has no weight: set weights.{min(missing)}")
        self.record_losses(losses, batch_size)
        weighted = {name: self.weights[name] * loss for name, loss in losses.items()}
        self.log_dict({f"weighted/{name}": loss.detach() for name, loss in weighted.items()}, batch_size=batch_size)
        self.log_number("step", float(self.trainer.global_step + 1))  # the number of this iteration
        return torch.stack(list(weighted.values())).sum()

    def record_losses(self, losses: Losses, batch_size: int) -> None:
        """Log unweighted losses, and keep them for the check of non-finite iterations."""
        raw = {f"train/{name}": loss.detach() for name, loss in losses.items()}
        self.losses.extend(raw.items())
        self.log_dict(raw, batch_size=batch_size)

    def log_number(self, name: str, value: float) -> None:
        """Log a number from the CPU; ``log`` would copy it to the GPU, which synchronizes."""
        self.log(name, torch.tensor(value))


def as_restorer(module: LightningModule) -> Restorer:
    """Return the module of a callback's hook, typed as the module that these callbacks need.

    Raises:
        TypeError: another LightningModule.
    """
    if not isinstance(module, Restorer):
        raise TypeError(f"this callback needs a Restorer, got {type(module).__name__}")
    return module
