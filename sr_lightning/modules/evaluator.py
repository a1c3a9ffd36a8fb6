"""Evaluation of a generator on benchmarks."""

from collections.abc import Callable, Mapping, Sequence

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning.data.batch import Batch
from sr_lightning.metrics import per_image


def self_ensemble(generator: Callable[[Tensor], Tensor], lr: Tensor) -> Tensor:
    """Average the outputs for the eight flips and transpositions of the input (EDSR, arXiv:1707.02921, sec. 3.4)."""
    outputs = []
    for swap in (False, True):
        for mirrored in ((), (-1,), (-2,), (-2, -1)):
            turned = lr.transpose(-1, -2) if swap else lr
            sr = generator(turned.flip(mirrored)).flip(mirrored)
            outputs.append(sr.transpose(-1, -2) if swap else sr)
    return torch.stack(outputs).mean(0)


class Evaluator(LightningModule):
    """Measures every image of every benchmark; used with ``Trainer.test``.

    Args:
        generator: (B, C, h, w) -> (B, C, s*h, s*w), both in [0, 1].
        metrics: name -> metric of (sr, hr).
        benchmarks: name of each dataloader.
        ensemble: use ``self_ensemble``.
        on_image: called with (benchmark, image index, sr, batch) for each image.
    Attributes:
        results: after the test, on every device: benchmark -> image index -> scores.
    """

    def __init__(
        self,
        generator: nn.Module,
        metrics: Mapping[str, Metric],
        benchmarks: Sequence[str],
        ensemble: bool = False,
        on_image: Callable[[str, int, Tensor, Batch], None] | None = None,
    ) -> None:
        super().__init__()
        self.generator = generator
        self.metrics = dict(metrics)
        self.benchmarks = list(benchmarks)
        self.ensemble = ensemble
        self.on_image = on_image
        self.results: dict[str, dict[int, per_image.Scores]] = {name: {} for name in self.benchmarks}

    def forward(self, lr: Tensor) -> Tensor:
        sr = self_ensemble(self.generator, lr) if self.ensemble else self.generator(lr)
        return sr.clamp(0, 1)

    def test_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        number, name = int(batch.image), self.benchmarks[dataloader_idx]
        with per_image.exact(self.device):
            sr = self(batch.lr)
        self.results[name][number] = per_image.measure(self.metrics, sr, batch.hr, batch.name)
        if self.on_image is not None:
            self.on_image(name, number, sr, batch)

    def on_test_epoch_end(self) -> None:
        self.results = {name: per_image.gather(rows) for name, rows in self.results.items()}
