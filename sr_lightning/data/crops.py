"""Random crops as a pure function of (seed, iteration, sample).

No sampler state exists that a resumed run could lose, and neither the number of workers nor that of devices changes
what is trained on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from sr_lightning.degradations import TRAINING, Key


class Images(Protocol):
    """Where crops come from: (N, 2) sizes, and a (size, size, 3) uint8 crop of each image."""

    sizes: np.ndarray

    def crop(self, index: int, top: int, left: int, size: int) -> np.ndarray: ...


@dataclass(frozen=True)
class Plan:
    """What the samples of one batch are: image number, crop corner in pixels, and one of the eight symmetries."""

    image: np.ndarray
    top: np.ndarray
    left: np.ndarray
    turn: np.ndarray


@lru_cache(maxsize=4)
def permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    """Order in which pass number ``epoch`` over the data visits ``count`` images."""
    return np.random.Generator(np.random.Philox(key=[seed, 1], counter=[0, 0, 0, epoch])).permutation(count)


def plan(seed: int, iteration: int, samples: range, batch_size: int, sizes: np.ndarray, crop: int, grid: int) -> Plan:
    """The plan for ``samples`` of the batch of ``iteration``.

    Every pass over the data takes each image once; corner and symmetry come from a counter-based generator (Philox,
    Salmon et al. 2011) keyed by the seed, its counter set to the iteration.

    Args:
        samples: numbers within the batch, which has ``batch_size`` of them over all devices.
        sizes: (N, 2) of the images.
        crop: side in pixels.
        grid: corners are multiples of it.
    """
    draws = np.random.Generator(np.random.Philox(key=[seed, 0], counter=[0, 0, 0, iteration])).random((samples.stop, 3))
    draws = draws[samples.start :]
    order = np.arange(samples.start, samples.stop) + iteration * batch_size
    image = np.array([permutation(seed, int(n // len(sizes)), len(sizes))[n % len(sizes)] for n in order])
    corners = ((sizes[image] - crop) // grid + 1) * draws[:, :2]
    top, left = (corners.astype(np.int64) * grid).T
    return Plan(image, top, left, (draws[:, 2] * 8).astype(np.int64))


def gather(images: Images, image: np.ndarray, top: np.ndarray, left: np.ndarray, size: int) -> Tensor:
    """(B, 3, size, size) uint8 crops, in channels-last memory."""
    batch = np.empty((len(image), size, size, 3), dtype=np.uint8)
    for sample, corner in enumerate(zip(image, top, left, strict=True)):
        batch[sample] = images.crop(*corner, size)
    return torch.from_numpy(batch).permute(0, 3, 1, 2)


class Crops(Dataset):
    """Item t is this device's share of the batch of iteration t, with the key of each sample's random degradation.

    Args:
        hr: high-resolution images.
        lr: their recorded low-resolution partners, or None.
        crop: side of the high-resolution crop, a multiple of ``scale``.
        scale: factor between lr and hr.
        batch_size: samples of an iteration over all devices, a multiple of ``devices``.
        seed: of everything random here.
        rank: this device's number among ``devices``.
        fetch: take the crops here; otherwise the plan alone travels, for a store that lies on the device.
    """

    def __init__(
        self,
        hr: Images,
        lr: Images | None,
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

    def __getitem__(self, iteration: int) -> dict[str, Any]:
        grid = self.scale if self.lr is not None else 1
        p = plan(self.seed, iteration, self.samples, self.batch_size, self.hr.sizes, self.crop, grid)
        batch: dict[str, Any] = {name: torch.from_numpy(value) for name, value in vars(p).items()}
        batch["keys"] = [Key(TRAINING, iteration, sample) for sample in self.samples]
        if self.fetch:
            batch["hr"] = gather(self.hr, p.image, p.top, p.left, self.crop)
            if self.lr is not None:
                s = self.scale
                batch["lr"] = gather(self.lr, p.image, p.top // s, p.left // s, self.crop // s)
        return batch


class Iterations(Sampler[int]):
    """The numbers of the iterations still to do; its length is that of the whole run.

    Args:
        start: iterations already done.
        total: iterations of the run.
    """

    def __init__(self, start: int, total: int) -> None:
        self.start, self.total = start, total

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start, self.total))

    def __len__(self) -> int:
        return self.total


def symmetry(image: Tensor, turn: Tensor) -> Tensor:
    """Each square image in one of its eight orientations.

    Args:
        turn: (B,) in 0 … 7: bit 0 mirrors left-right, bit 1 top-bottom, bit 2 swaps the axes, in this order.
    Shape:
        (B, C, S, S) -> the same, any type, on any device.
    """
    mirror_x, mirror_y, swap = (((turn >> bit) & 1).bool().view(-1, 1, 1, 1) for bit in range(3))
    image = torch.where(mirror_x, image.flip(-1), image)
    image = torch.where(mirror_y, image.flip(-2), image)
    return torch.where(swap, image.transpose(-1, -2), image)
