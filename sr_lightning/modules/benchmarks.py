"""Data module for evaluation."""

from collections.abc import Mapping

import torch
from lightning import LightningDataModule
from torch.utils.data import DataLoader

from sr_lightning.data.batch import Batch, ImageBatches, ImageItem
from sr_lightning.data.datasets import Files
from sr_lightning.data.full_images import FullImages, RankSampler
from sr_lightning.degradations import Degradation


class Benchmarks(LightningDataModule):
    """Full images of several benchmarks, one dataloader each, for ``Trainer.test``.

    Args:
        files: name of the benchmark -> its images.
        degradation: computes lr for images that have no recorded lr.
        scale: HR size over LR size.
    """

    def __init__(self, files: Mapping[str, Files], degradation: Degradation, scale: int) -> None:
        super().__init__()
        self.files, self.scale, self.images = dict(files), scale, ImageBatches(degradation)

    def test_dataloader(self) -> list[DataLoader[ImageItem]]:
        rank, devices = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        images = [FullImages(files, self.scale) for files in self.files.values()]
        return [DataLoader(part, batch_size=None, sampler=RankSampler(len(part), rank, devices)) for part in images]

    @torch.no_grad()
    def on_after_batch_transfer(self, batch: ImageItem, dataloader_idx: int) -> Batch:
        return self.images(batch)
