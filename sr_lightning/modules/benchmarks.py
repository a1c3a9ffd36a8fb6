"""Evaluation images as a LightningDataModule."""

from collections.abc import Mapping
from typing import Any

import torch
from lightning import LightningDataModule
from torch import nn
from torch.utils.data import DataLoader

from sr_lightning.data.batch import Batch, FixedBatches
from sr_lightning.data.datasets import Files
from sr_lightning.data.full_images import Share, WholeImages


class Benchmarks(LightningDataModule):
    """Whole images of several benchmarks, one dataloader each, for ``Trainer.test``.

    Args:
        files: benchmark -> its images.
        degradation: hr batch -> (lr, hr), for images that have no recorded lr.
        scale: factor between lr and hr.
    """

    def __init__(self, files: Mapping[str, Files], degradation: nn.Module, scale: int) -> None:
        super().__init__()
        self.files, self.scale, self.fixed = dict(files), scale, FixedBatches(degradation)

    def test_dataloader(self) -> list[DataLoader]:
        rank, devices = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        images = [WholeImages(files, self.scale) for files in self.files.values()]
        return [DataLoader(part, batch_size=None, sampler=Share(len(part), rank, devices)) for part in images]

    @torch.no_grad()
    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> Batch:
        return self.fixed(batch)
