"""Check input files and their outputs before the network runs."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from sr_lightning import image, video
from sr_lightning.errors import InputError
from sr_lightning.image.limits import TIFF_LOSS
from sr_lightning.system.atomic import check_name_length
from sr_lightning.system.hardware import free_memory
from sr_lightning.upscaling.jobs import Job
from sr_lightning.upscaling.picture import can_use_bands

LARGE = 25_000_000  # pixels above which images are decoded one at a time
PER_PIXEL = 24  # bytes for each output pixel that is not computed in bands: float32, and the encoder's copies
BANDS = 2 * 10**9  # bytes for an output that is computed and written in bands
_one_large = threading.Lock()


@dataclass
class Checked:
    """Result of `check_files`.

    Args:
        problems: error message of each file that cannot be upscaled.
        losses: description of what a format does not keep -> number of files.
        pixels: number of input pixels of each image.
    """

    problems: dict[Path, str] = field(default_factory=dict)
    losses: Counter[str] = field(default_factory=Counter)
    pixels: dict[Path, int] = field(default_factory=dict)

    def warnings(self) -> list[str]:
        """Return one line for each kind of loss, with the number of files."""
        return [f"{count} image{'s' * (count > 1)}: {text}" for text, count in sorted(self.losses.items())]


def check_files(jobs: Sequence[Job], on_done: Callable[[Job], None] | None = None, scale: int | None = None) -> Checked:
    """Decode every input and check that its output can be written.

    Args:
        jobs: input and output files.
        on_done: called after each file.
        scale: of the network, for the estimate of memory; None: that of the outputs.
    """
    checked = Checked()
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for job, (problem, losses, pixels) in zip(jobs, pool.map(partial(check_job, scale=scale), jobs), strict=True):
            if problem is not None:
                checked.problems[job.source] = problem
            checked.losses.update(losses)
            checked.pixels[job.source] = pixels
            if on_done is not None:
                on_done(job)
    return checked


def check_job(job: Job, scale: int | None = None) -> tuple[str | None, list[str], int]:
    """Return the error message of a job, or None; what its output will lose; and the number of input pixels."""
    try:
        check_name_length(job.target)
        if job.is_video:
            video.probe(job.source)
            return None, [], 0
        return None, *check_image(job, scale)
    except InputError as error:
        return error_message(job, error), [], 0


def check_image(job: Job, scale: int | None) -> tuple[list[str], int]:
    """Return what the output of an image will lose, and the number of input pixels.

    Raises:
        InputError: the image cannot be decoded, or the format of its output cannot hold it.
    """
    header = image.read_header(job.source)
    if header.height * header.width > LARGE:
        with _one_large:
            return _check_decoded(job, scale)
    return _check_decoded(job, scale)


def _check_decoded(job: Job, scale: int | None) -> tuple[list[str], int]:
    """Do the work of `check_image`."""
    picture = image.decode(image.read_content(job.source), str(job.source), warn=False)
    height, width = picture.pixels.shape[:2]
    new_height, new_width = (max(round(side * job.factor), 1) for side in (height, width))
    image.check_writable_as(picture, job.target.suffix, new_height, new_width, str(job.source))
    losses = image.losses(picture, job.target.suffix)
    suffix, output = job.target.suffix, new_height * new_width
    working = output * PER_PIXEL
    if can_use_bands(scale or round(job.factor), picture, job.factor):
        working = BANDS if image.can_stream(suffix) else BANDS + output * 8
        if suffix.lower() in (".tif", ".tiff") and picture.depth == 8 and picture.metadata.exif:
            losses.append(TIFF_LOSS)
    needed, free = working + 2 * picture.pixels.nbytes, free_memory(torch.device("cpu"))
    if free is not None and needed > free:
        losses.append(f"needs about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free; upscale parts of it")
    return losses, height * width


def error_message(job: Job, error: InputError) -> str:
    """Return the error message, with the file's name at its start."""
    has_name = str(error).startswith((str(job.source), str(job.target)))
    return str(error) if has_name else f"{job.source}: {error}"
