"""Whole images, one at a time, for validation and evaluation."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zlib import crc32

import torch
from torch.utils.data import Dataset, Sampler

from sr_lightning import image
from sr_lightning.data.datasets import Files
from sr_lightning.degradations import FIXED, Key
from sr_lightning.errors import InputError


class WholeImages(Dataset):
    """Item i is image i, its height and width cut at the bottom and right to multiples of ``scale``.

    A random degradation draws for it by its file's name alone: the same at every look and in any company.

    Args:
        files: which images.
        scale: factor between lr and hr.
    Raises:
        InputError: an image smaller than ``scale`` in one direction.
    """

    def __init__(self, files: Files, scale: int) -> None:
        self.files = files
        self.scale = scale

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> dict[str, Any]:
        path, s = self.files.hr[index], self.scale
        hr = torch.from_numpy(image.read_bytes(path)).permute(2, 0, 1)[None]
        height, width = (n // s for n in hr.shape[-2:])
        if not height or not width:
            raise InputError(
                f"{path}: {hr.shape[-2]}x{hr.shape[-1]} pixels are less than one pixel at 1/{s}; remove it"
            )
        item = {"hr": hr[..., : height * s, : width * s], "image": torch.tensor([index]), "name": str(path)}
        item["keys"] = [Key(FIXED, 0, crc32(path.stem.encode()))]
        if self.files.lr is not None:
            lr = torch.from_numpy(image.read_bytes(self.files.lr[index])).permute(2, 0, 1)[None]
            item["lr"] = lr[..., :height, :width]
        return item


def decode_all(files: Files) -> None:
    """Decode every image once, in parallel, so that a damaged one is told before hours of training and not after.

    Raises:
        InputError: a file that cannot be decoded.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path in pool.map(lambda path: (image.read_bytes(path), path)[1], [*files.hr, *(files.lr or [])]):
            del path


def smallest(files: Files, scale: int) -> list[tuple[Path, int, int]]:
    """The file of the least side and that of the least area, with height and width cut to multiples of ``scale``."""
    sizes = []
    for path in files.hr:
        height, width = image.size(path)
        sizes.append((path, height // scale * scale, width // scale * scale))
    return [min(sizes, key=lambda size: min(size[1], size[2])), min(sizes, key=lambda size: size[1] * size[2])]


class Share(Sampler[int]):
    """Rank r's images: r, r + devices, …; the last round starts over, so that every device does as many.

    Args:
        count: of images.
    """

    def __init__(self, count: int, rank: int = 0, devices: int = 1) -> None:
        self.numbers = [n % count for n in range(rank, -(-count // devices) * devices, devices)]

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)
