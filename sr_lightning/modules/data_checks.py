"""Checks of the settings of the data module."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sr_lightning.errors import InputError


def check_settings(scale: int, crop: int, batch_size: int, workers: Any, pool: Any, resident: Any, store: bool) -> None:
    """Reject settings that are invalid for every data set; see `SRDataModule` for their meaning.

    Raises:
        InputError: names the key.
    """
    if crop < scale or crop % scale:
        possible = max(scale, crop - crop % scale)
        raise InputError(f"data.crop={crop}: must be a multiple of scale={scale}, e.g. data.crop={possible}")
    if batch_size < 1:
        raise InputError(f"data.batch_size={batch_size}: must be at least 1")
    if workers is not None and (not isinstance(workers, int) or workers < 0):
        raise InputError(f"data.workers={workers}: must be null or a whole number of at least 0")
    if pool is not None and (not isinstance(pool, int) or pool < batch_size):
        raise InputError(f"data.pool={pool}: must be null or a whole number of at least data.batch_size={batch_size}")
    if resident is True and not store:
        raise InputError("data.resident=true: needs data.store=true")


def check_devices(devices: int, batch_size: int, pool: Any) -> None:
    """Reject a batch that cannot be split evenly over the devices, and a pool on several devices.

    Raises:
        InputError: names the key.
    """
    if batch_size % devices:
        raise InputError(
            f"data.batch_size={batch_size}: counts over all devices, so it must be a multiple of {devices}, "
            f"e.g. data.batch_size={-(-batch_size // devices) * devices}"
        )
    if pool is not None and devices > 1:
        raise InputError("data.pool: works on one device only; leave it out on several devices")


def check_image_sizes(files: Sequence[Path], sizes: np.ndarray, crop: int, scale: int) -> None:
    """Reject HR images that are smaller than a crop.

    Args:
        files: of the images.
        sizes: (N, 2) heights and widths.
        crop: side of the crops.
        scale: HR size over LR size.
    Raises:
        InputError: names the first file and the largest possible crop.
    """
    small = np.flatnonzero((sizes < crop).any(axis=1))
    if not len(small):
        return
    height, width = sizes[small[0]]
    largest = min(sizes.min(), crop) // scale * scale
    advice = f" or set data.crop={largest}" if largest else ""
    others = f", and so are {len(small) - 1} others" if len(small) > 1 else ""
    raise InputError(
        f"{files[small[0]]}: {width}x{height} pixels are less than data.crop={crop}{others}; remove small images"
        f"{advice}"
    )
