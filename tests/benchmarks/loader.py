"""Crops per second from the crop store, and from decoding the image of each crop."""

import statistics
import tempfile
import time
from pathlib import Path

from sr_lightning.data.crop_store import CropStore, DecodedImages, build
from sr_lightning.data.crops import Crops, ImageSource
from sr_lightning.data.datasets import Files

CROP, BATCH = 96, 16


def crops_per_second(images: ImageSource, batches: int) -> float:
    """Return the median over batches, in this process, without workers."""
    crops = Crops(images, None, CROP, 4, BATCH, seed=0)
    seconds = []
    for iteration in range(batches):
        start = time.perf_counter()
        crops[iteration]
        seconds.append(time.perf_counter() - start)
    return BATCH / statistics.median(seconds[batches // 4 :])


def measure(files: Files, batches: int = 400) -> dict[str, float]:
    """Return the crops per second of both; decoding is measured on a twentieth of the batches."""
    with tempfile.TemporaryDirectory() as cache:
        store = CropStore(build(files.hr, Path(cache)))
        decoded = DecodedImages(files.hr)
        return {"store": crops_per_second(store, batches), "decoding": crops_per_second(decoded, max(batches // 20, 4))}
