"""Crop store: all images, decoded once into a memory-mapped uint8 file, from which crops are sliced."""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from filelock import FileLock
from rich.console import Console
from rich.progress import track

from sr_lightning import image
from sr_lightning.errors import InputError

log = logging.getLogger(__name__)

FORMAT = 2  # version of the file format; part of the key
PIXELS, INDEX = "pixels.bin", "index.json"


class CropStore:
    """A complete store, opened for reading.

    Args:
        folder: as returned by `build`.
    Attributes:
        sizes: (N, 2) heights and widths.
        offsets: (N,) index of each image's first byte; images are stored row by row, in RGB order.
        pixels: memory-mapped bytes of all images.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sizes = np.array(json.loads((folder / INDEX).read_text())["sizes"], dtype=np.int64).reshape(-1, 2)
        self.offsets = offsets(self.sizes)[:-1]
        self.pixels = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r")

    def __reduce__(self) -> tuple[type["CropStore"], tuple[Path]]:
        return CropStore, (self.folder,)  # workers map the file again instead of receiving a copy

    def crop(self, index: int, top: int, left: int, size: int) -> np.ndarray:
        """Return a view of image ``index``. Shape: (size, size, 3) uint8."""
        height, width = self.sizes[index]
        start = self.offsets[index]
        pixels = self.pixels[start : start + height * width * 3].reshape(height, width, 3)
        return pixels[top : top + size, left : left + size]


class DecodedImages:
    """Crops without a store: each one decodes its image.

    Args:
        paths: image files.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            self.sizes = read_sizes(self.paths, pool)

    def crop(self, index: int, top: int, left: int, size: int) -> np.ndarray:
        """Return a crop of image ``index``. Shape: (size, size, 3) uint8."""
        return image.read_bytes(self.paths[index])[top : top + size, left : left + size]


def read_sizes(paths: Sequence[Path], pool: ThreadPoolExecutor) -> np.ndarray:
    """Read heights and widths from the headers, and log a warning about images of more than 8 bits.

    Shape:
        (N, 2) int64.
    Raises:
        InputError: a file that is not an image.
    """
    headers = list(pool.map(image.read_header, paths))
    deep = sum(header.depth == 16 for header in headers)
    if deep:
        log.warning("%d of %d images have 16 bits; they are rounded to 8", deep, len(headers))
    return np.array([(header.height, header.width) for header in headers], dtype=np.int64)


def offsets(sizes: np.ndarray) -> np.ndarray:
    """Return the byte offset of each image and, last, the size of the store. Shape: (N, 2) -> (N + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes.prod(axis=1) * 3)])


def key(paths: Sequence[Path]) -> tuple[str, str]:
    """Return a hash of the paths and a hash of the files' sizes and modification times."""
    names = [str(path.absolute()) for path in paths]
    stats = [(path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    first, second = (hashlib.sha256(json.dumps([FORMAT, part]).encode()).hexdigest()[:12] for part in (names, stats))
    return first, second


def build(paths: Sequence[Path], cache: Path) -> Path:
    """Return the folder of the store of ``paths`` below ``cache``, building it if it does not exist.

    Other processes that need the same store wait until it is built. The build happens in a temporary folder, which is
    renamed when it is complete, so that an interrupted build is never mistaken for a store.

    Raises:
        InputError: a file that cannot be decoded, or too little disk space.
    """
    names, state = key(paths)
    folder = cache / f"store-{names}-{state}"
    if folder.is_dir():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"data.cache={cache}: cannot be created ({error.strerror}); choose another folder") from error
    with FileLock(cache / f"store-{names}.lock"):
        if not folder.is_dir():
            unfinished = cache / f"unfinished-{names}"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            try:
                decode(paths, unfinished)
            except BaseException:
                shutil.rmtree(unfinished)
                raise
            outdated = list(cache.glob(f"store-{names}-*"))
            unfinished.rename(folder)
            for old in outdated:
                shutil.rmtree(old)
    return folder


def decode(paths: Sequence[Path], folder: Path) -> None:
    """Decode ``paths`` in parallel threads (Pillow releases the GIL) and write pixels and index into ``folder``.

    Raises:
        InputError: a file that cannot be decoded or changes meanwhile, or too little disk space.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        sizes = read_sizes(paths, pool)
        starts = offsets(sizes)
        needed, free = int(starts[-1]), shutil.disk_usage(folder).free
        if needed > free:
            raise InputError(
                f"{folder.parent}: the decoded images need {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
                "set data.cache=FOLDER on a larger disk, or data.store=false"
            )
        with (folder / PIXELS).open("wb") as file:
            if hasattr(os, "posix_fallocate"):  # writing to a sparse memory map on a full disk would kill the process
                os.posix_fallocate(file.fileno(), 0, needed)
            else:
                file.truncate(needed)
        pixels = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r+", shape=(needed,))

        def write(index: int) -> None:
            """Decode an image into its place in the file."""
            decoded = image.read_bytes(paths[index])
            if decoded.shape[:2] != tuple(sizes[index]):
                raise InputError(f"{paths[index]}: changed while it was being read; run again")
            pixels[starts[index] : starts[index + 1]] = decoded.reshape(-1)

        console = Console(stderr=True)
        jobs = pool.map(write, range(len(paths)))
        for _ in track(jobs, "Decoding images", len(paths), console=console, disable=not console.is_terminal):
            pass
        pixels.flush()
    (folder / INDEX).write_text(json.dumps({"sizes": sizes.tolist(), "files": [str(path) for path in paths]}))
