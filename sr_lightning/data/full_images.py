"""Full images, one at a time, for validation and evaluation."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zlib import crc32

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from sr_lightning import image
from sr_lightning.data.batch import ImageItem
from sr_lightning.data.datasets import Files
from sr_lightning.degradations import SampleKey
from sr_lightning.errors import InputError
from sr_lightning.ops.random_streams import Stream


class FullImages(Dataset[ImageItem]):
    """Item i is image i, cropped at the bottom and right to multiples of ``scale``.

    The key of the random degradation depends on the file's name without suffix alone, so that an image has the same LR
    image in every data set; where files of a data set share a name, also on suffixes or folders.

    Args:
        files: HR images, and LR images if they are recorded.
        scale: HR size over LR size.
    Raises:
        InputError: an image with a side smaller than ``scale``, or one that cannot be decoded.
    """

    def __init__(self, files: Files, scale: int) -> None:
        self.files = files
        self.scale = scale

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> ImageItem:
        path, s = self.files.hr[index], self.scale
        hr = _read(path)
        height, width = (n // s for n in hr.shape[-2:])
        if not height or not width:
            raise InputError(
                f"{path}: {hr.shape[-1]}x{hr.shape[-2]} pixels are less than one pixel at 1/{s}; remove it"
            )
        return ImageItem(
            hr=hr[..., : height * s, : width * s],
            lr=None if self.files.lr is None else _read(self.files.lr[index])[..., :height, :width],
            image=torch.tensor([index]),
            name=str(path),
            key=SampleKey(Stream.FIXED, 0, crc32(self.files.stems[index].encode())),
        )


def _read(path: Path) -> Tensor:
    """Decode a file. Shape: (1, 3, H, W) uint8."""
    return torch.from_numpy(image.read_bytes(path)).permute(2, 0, 1)[None]


def decode_all(files: Files) -> None:
    """Decode every image once, in parallel, so that a damaged file is reported before training starts.

    Raises:
        InputError: a file that cannot be decoded.
    """

    def check(path: Path) -> None:
        """Decode a file without keeping it in memory."""
        image.read_bytes(path)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(check, [*files.hr, *(files.lr or [])]):
            pass


def smallest(files: Files, scale: int) -> list[tuple[Path, int, int]]:
    """Return (path, height, width) of the image with the shortest side and of that with the smallest area.

    Height and width are rounded down to multiples of ``scale``.
    """
    sizes = []
    for path in files.hr:
        height, width = image.size(path)
        sizes.append((path, height // scale * scale, width // scale * scale))
    return [min(sizes, key=lambda size: min(size[1], size[2])), min(sizes, key=lambda size: size[1] * size[2])]


class RankSampler(Sampler[int]):
    """Assign images r, r + devices, r + 2 * devices, … to rank r.

    The last round wraps around, so that all ranks get equally many.

    Args:
        count: number of images.
        rank: this device's number.
        devices: number of devices.
    """

    def __init__(self, count: int, rank: int = 0, devices: int = 1) -> None:
        self.indices = [n % count for n in range(rank, -(-count // devices) * devices, devices)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices)

    def __len__(self) -> int:
        return len(self.indices)
