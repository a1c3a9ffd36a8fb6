"""Evaluation images: Set5, Set14, B100 … or any folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import LightningDataModule
from torch import nn
from torch.utils.data import DataLoader

from sr_lightning.data.batch import Batch, FixedBatches
from sr_lightning.data.files import Files, folder
from sr_lightning.data.whole import Share, WholeImages
from sr_lightning.errors import InputError


def find_benchmarks(names: Sequence[str], root: str | Path | None) -> dict[str, Files]:
    """The images of each benchmark: ``root/NAME/HR``, ``root/NAME``, or the folder NAME itself.

    Raises:
        InputError: none of these exists, or there is no image in it.
    """
    found = {}
    for name in names:
        places = [Path(name)] if root is None else [Path(root, name, "HR"), Path(root, name), Path(name)]
        place = next((place for place in places if place.is_dir()), None)
        if place is None:
            raise InputError(
                f"benchmark {name}: no folder {' or '.join(map(str, places))}; "
                "set benchmark_root=DIR, the folder that holds it, or give a folder of images"
            )
        short = Path(name).name
        found[name if short in found else short] = folder(place)
    return found


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
