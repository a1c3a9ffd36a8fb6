"""Random crops as a function of (seed, iteration, sample).

There is no sampler state to save, and neither the number of workers nor the number of devices changes the batches.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from sr_lightning.data.batch import CropBatch
from sr_lightning.degradations import SampleKey
from sr_lightning.ops.random_streams import Stream, random_stream


class ImageSource(Protocol):
    """A collection of images from which crops are taken.

    Attributes:
        sizes: (N, 2) heights and widths.
    """

    sizes: np.ndarray

    def crop(self, index: int, top: int, left: int, size: int) -> np.ndarray:
        """Return a crop of image ``index``. Shape: (size, size, 3) uint8."""


class CropPlan(NamedTuple):
    """Image index, crop corner in pixels and symmetry of each sample, (B,) int64 each."""

    image: np.ndarray
    top: np.ndarray
    left: np.ndarray
    symmetry: np.ndarray


@lru_cache(maxsize=4)
def permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order in which an epoch visits ``count`` images. Shape: (count,)."""
    return random_stream(seed, Stream.IMAGE_ORDER, epoch).permutation(count)


def plan_crops(
    seed: int, iteration: int, samples: range, batch_size: int, sizes: np.ndarray, crop: int, grid: int
) -> CropPlan:
    """Draw the crops of some samples of a batch.

    Every epoch visits each image once; corners and symmetries are uniform.

    Args:
        samples: numbers of the samples within the batch.
        batch_size: over all devices.
        sizes: (N, 2) heights and widths of the images.
        crop: side in pixels.
        grid: corners are multiples of it.
    """
    draws = random_stream(seed, Stream.CROPS, iteration).random((samples.stop, 3))[samples.start :]
    order = np.arange(samples.start, samples.stop) + iteration * batch_size
    image = np.array([permutation(seed, int(n // len(sizes)), len(sizes))[n % len(sizes)] for n in order])
    corners = ((sizes[image] - crop) // grid + 1) * draws[:, :2]
    top, left = (corners.astype(np.int64) * grid).T
    return CropPlan(image, top, left, (draws[:, 2] * 8).astype(np.int64))


def gather(images: ImageSource, image: np.ndarray, top: np.ndarray, left: np.ndarray, size: int) -> Tensor:
    """Collect one crop per sample. Shape: (B, 3, size, size) uint8, channels-last memory format."""
    batch = np.empty((len(image), size, size, 3), dtype=np.uint8)
    for sample, corner in enumerate(zip(image, top, left, strict=True)):
        batch[sample] = images.crop(*corner, size)
    return torch.from_numpy(batch).permute(0, 3, 1, 2)


class Crops(Dataset[CropBatch]):
    """Item t is this device's part of the batch of iteration t.

    Args:
        hr: HR images.
        lr: recorded LR images in the same order, or None.
        crop: side of the HR crop in pixels, a multiple of ``scale``.
        scale: HR size over LR size.
        batch_size: samples of an iteration over all devices, a multiple of ``devices``.
        seed: of image order, corners and symmetries.
        rank: this device's number.
        devices: number of devices.
        fetch: load the crops; False returns the plan alone, for a store on the device.
    """

    def __init__(
        self,
        hr: ImageSource,
        lr: ImageSource | None,
        crop: int,
        scale: int,
        batch_size: int,
        seed: int,
        rank: int = 0,
        devices: int = 1,
        fetch: bool = True,
    ) -> None:
        self.hr, self.lr = hr, lr
        self.crop, self.scale, self.batch_size, self.seed = crop, scale, batch_size, seed
        share = batch_size // devices
        self.samples = range(rank * share, (rank + 1) * share)
        self.fetch = fetch

    def __getitem__(self, iteration: int) -> CropBatch:
        grid = self.scale if self.lr is not None else 1
        plan = plan_crops(self.seed, iteration, self.samples, self.batch_size, self.hr.sizes, self.crop, grid)
        hr = lr = None
        if self.fetch:
            hr = gather(self.hr, plan.image, plan.top, plan.left, self.crop)
            if self.lr is not None:
                s = self.scale
                lr = gather(self.lr, plan.image, plan.top // s, plan.left // s, self.crop // s)
        keys = [SampleKey(Stream.TRAINING, iteration, sample) for sample in self.samples]
        image, top, left, symmetry = (torch.from_numpy(values) for values in plan)
        return CropBatch(image, top, left, symmetry, keys, hr, lr)


class IterationSampler(Sampler[int]):
    """Yield the numbers of the remaining iterations; the length is that of the complete run.

    Args:
        start: iterations already done.
        total: iterations of the complete run.
    """

    def __init__(self, start: int, total: int) -> None:
        self.start, self.total = start, total

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.total))

    def __len__(self) -> int:
        return self.total


def apply_symmetry(image: Tensor, symmetry: Tensor) -> Tensor:
    """Flip and transpose each square image.

    Args:
        symmetry: (B,) in 0 … 7: bit 0 flips horizontally, bit 1 flips vertically, bit 2 transposes, in this order.
    Shape:
        (B, C, S, S) -> the same; any type and device.
    """
    flip_x, flip_y, transpose = (((symmetry >> bit) & 1).bool().view(-1, 1, 1, 1) for bit in range(3))
    image = torch.where(flip_x, image.flip(-1), image)
    image = torch.where(flip_y, image.flip(-2), image)
    return torch.where(transpose, image.transpose(-1, -2), image)
