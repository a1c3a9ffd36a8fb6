"""Difference between batch norm with batch statistics and with running statistics."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback
from torch import nn

from sr_lightning.data.batch import Batch
from sr_lightning.modules.restorer import as_restorer

PREFIX = "val/batch_statistics_"
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


class BatchStatistics(Callback):
    """Validates each image a second time with batch norm as in training, i.e. with the statistics of this image.

    Logs ``val/batch_statistics_NAME`` beside ``val/NAME``, and ``val/batch_statistics_gap``: the root mean squared
    difference of the two outputs in levels of 255, averaged over images; 0 for a network without batch norm. Running
    statistics are not changed.

    Source:
        ESRGAN, arXiv:1809.00219, sec. 3.1: a difference of the two statistics causes artifacts.
    """

    def on_validation_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Batch, *_: Any
    ) -> None:
        module = as_restorer(pl_module)
        with use_batch_statistics(module.generator):
            measured = module.measure(batch)
        gap = 255 * torch.sqrt(torch.mean((measured["sr"] - outputs["sr"]).square()))
        module.record(PREFIX, int(batch.image), {**measured["scores"], "gap": float(gap)})


@contextmanager
def use_batch_statistics(network: nn.Module) -> Iterator[None]:
    """Make batch norm use the statistics of its input, without updating its running statistics."""
    layers = [layer for layer in network.modules() if isinstance(layer, BATCH_NORMS)]
    before = [(layer.training, layer.track_running_stats) for layer in layers]
    try:
        for layer in layers:
            layer.training, layer.track_running_stats = True, False
        yield
    finally:
        for layer, (training, track) in zip(layers, before, strict=True):
            layer.training, layer.track_running_stats = training, track
