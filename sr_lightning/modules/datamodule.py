"""Data module: crop pairs for training and full images for validation, in [0, 1] on the device."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader

from sr_lightning.data.batch import Batch, CropBatch, ImageBatches, ImageItem
from sr_lightning.data.crop_store import CropStore, DecodedImages, build
from sr_lightning.data.crops import Crops, ImageSource, IterationSampler, apply_symmetry
from sr_lightning.data.datasets import Files
from sr_lightning.data.device_store import DeviceStore, fits_in_memory
from sr_lightning.data.full_images import FullImages, RankSampler, decode_all, smallest
from sr_lightning.data.pair_pool import PairPool
from sr_lightning.degradations import Degradation
from sr_lightning.modules.data_checks import check_devices, check_image_sizes, check_settings
from sr_lightning.modules.data_summary import DataSummary
from sr_lightning.ops.quantize import from_uint8
from sr_lightning.system.user_cache import user_cache


class SRDataModule(LightningDataModule):
    """Training crops and validation images of a data set.

    uint8 travels to the device; symmetries, conversion and degradation happen there.

    Args:
        train: lists the training files; may download them.
        validation: lists the validation files.
        degradation: computes lr for files that have no recorded lr.
        scale: HR size over LR size.
        crop: side of the training crops, in hr pixels.
        batch_size: crops of one iteration, over all devices.
        seed: of image order, corners and symmetries.
        store: decode images once into a crop store; otherwise decode an image for each crop.
        resident: keep the store in the device's memory; ``auto``: if it fits.
        workers: processes that load crops; None: none for a store on a CPU, else up to four.
        cache: folder of the crop stores; None: the user's cache folder.
        pool: number of pairs from which batches are mixed, on one device; None: no pool.
    Raises:
        InputError: invalid settings.
    """

    def __init__(
        self,
        train: Callable[[], Files],
        validation: Callable[[], Files],
        degradation: Degradation,
        scale: int,
        crop: int,
        batch_size: int,
        seed: int = 0,
        store: bool = True,
        resident: bool | Literal["auto"] = "auto",
        workers: int | None = None,
        cache: str | Path | None = None,
        pool: int | None = None,
    ) -> None:
        super().__init__()
        check_settings(scale, crop, batch_size, workers, pool, resident, store)
        self.list_train, self.list_validation, self.degradation = train, validation, degradation
        self.scale, self.crop, self.batch_size, self.seed = scale, crop, batch_size, seed
        self.store, self.resident, self.workers = store, resident, workers
        self.cache = Path(cache) if cache else user_cache()
        self.pool = None if pool is None else PairPool(pool, seed)
        self.images = ImageBatches(degradation)
        self.resident_hr: DeviceStore | None = None
        self.resident_lr: DeviceStore | None = None

    def prepare_data(self) -> None:
        """Download data and build the stores, on one process."""
        files = self.list_train()
        decode_all(self.list_validation())
        if self.store:
            for paths in (files.hr, files.lr):
                if paths is not None:
                    build(paths, self.cache)

    def setup(self, stage: str) -> None:
        self.validation_files = self.list_validation()
        self.smallest = smallest(self.validation_files, self.scale)
        if stage != "fit":
            return
        check_devices(self.trainer.world_size if self.trainer else 1, self.batch_size, self.pool)
        self.train_files = self.list_train()
        self.hr = self.open(self.train_files.hr)
        self.lr = None if self.train_files.lr is None else self.open(self.train_files.lr)
        check_image_sizes(self.train_files.hr, self.hr.sizes, self.crop, self.scale)

    def summary(self) -> DataSummary:
        """Return files and sizes of the data, after ``setup("fit")``; see `SummarizedData`."""
        return DataSummary(
            training_files=self.train_files.hr,
            training_pixels=int(self.hr.sizes.prod(axis=1, dtype=np.int64).sum()),
            pixels_per_iteration=self.batch_size * self.crop**2,
            fixed_degradation=self.lr is None and not self.degradation.is_random,
            smallest_validation=self.smallest,
            validation_files=self.validation_files.hr,
        )

    def open(self, paths: list[Path]) -> ImageSource:
        """Open images for crops, from the store or by decoding."""
        return CropStore(build(paths, self.cache)) if self.store else DecodedImages(paths)

    def train_dataloader(self) -> DataLoader[CropBatch]:
        trainer = self.trainer
        if trainer is None or trainer.max_steps < 1:
            raise ValueError("training is counted in iterations: set Trainer(max_steps=…)")
        device = trainer.strategy.root_device
        resident = self.resident
        if resident == "auto":
            resident = isinstance(self.hr, CropStore) and fits_in_memory(self.hr, device)
        if resident and isinstance(self.hr, CropStore):
            self.resident_hr = DeviceStore(self.hr, device)
            self.resident_lr = DeviceStore(self.lr, device) if isinstance(self.lr, CropStore) else None
        workers = self.workers
        if workers is None:
            workers = 0 if resident or (self.store and device.type == "cpu") else min(4, os.cpu_count() or 1)
        crops = Crops(
            self.hr, self.lr, self.crop, self.scale, self.batch_size, self.seed,
            trainer.global_rank, trainer.world_size, fetch=not resident,
        )  # fmt: skip
        return DataLoader(
            crops,
            batch_size=None,  # an item is a batch already
            sampler=IterationSampler(trainer.global_step, trainer.max_steps),
            num_workers=workers,
            pin_memory=device.type == "cuda",
            persistent_workers=workers > 0,
        )

    def val_dataloader(self) -> DataLoader[ImageItem]:
        rank, devices = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        images = FullImages(self.validation_files, self.scale)
        return DataLoader(images, batch_size=None, sampler=RankSampler(len(images), rank, devices))

    @torch.no_grad()
    def on_after_batch_transfer(self, batch: CropBatch | ImageItem, dataloader_idx: int) -> Batch:
        """Convert to [0, 1] and degrade on the device."""
        if isinstance(batch, ImageItem):
            return self.images(batch)
        pairs = self.pairs(batch)
        return pairs if self.pool is None else self.pool.exchange(pairs, batch.keys[0].iteration)

    def pairs(self, batch: CropBatch) -> Batch:
        """Fetch crops from the device store if there is one, apply their symmetries and compute missing lr."""
        hr, lr = self.crops(batch)
        hr = from_uint8(apply_symmetry(hr, batch.symmetry))
        if lr is None:
            lr = self.degradation(hr, self.degradation.draw(batch.keys))
        else:
            lr = from_uint8(apply_symmetry(lr, batch.symmetry))
        return Batch(lr, hr, batch.image)

    def crops(self, batch: CropBatch) -> tuple[Tensor, Tensor | None]:
        """Return the crops of hr, and of lr if it is recorded, from the batch or the device stores; uint8."""
        image, top, left, s = batch.image, batch.top, batch.left, self.scale
        hr, lr = batch.hr, batch.lr
        if self.resident_hr is not None:
            hr = self.resident_hr.crops(image, top, left, self.crop)
        if self.resident_lr is not None:
            lr = self.resident_lr.crops(image, top // s, left // s, self.crop // s)
        if hr is None:
            raise ValueError("the batch has no crops, and there is no device store to take them from")
        return hr, lr

    def state_dict(self) -> dict[str, Any]:
        return {} if self.pool is None else {"pool": self.pool.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if self.pool is not None and "pool" in state_dict:
            self.pool.load_state_dict(state_dict["pool"])
