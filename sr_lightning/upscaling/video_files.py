"""Upscale videos one after the other; a failed one does not stop the others."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from sr_lightning import video
from sr_lightning.errors import InputError
from sr_lightning.image import Picture
from sr_lightning.upscaling.checks import error_message
from sr_lightning.upscaling.jobs import Job
from sr_lightning.upscaling.pipeline import Report


def upscale_videos(
    jobs: Sequence[Job],
    enlarge: Callable[[Picture], Picture],
    report: Report,
    on_frame: Callable[[Job, int], None] | None = None,
) -> None:
    """Read, upscale and write each video.

    Args:
        jobs: input and output files.
        enlarge: called for each frame, as an image of 16 bits.
        report: receives the result of each video.
        on_frame: called after each frame with the number of frames of its video.
    """
    for job in jobs:
        try:
            total = video.probe(job.source).frames
            count = None if on_frame is None else partial(on_frame, job, total)
            video.convert(job.source, job.target, partial(upscale_frame, enlarge), count)
            report.done += 1
        except InputError as error:
            report.problems[job.source] = error_message(job, error)


def upscale_frame(enlarge: Callable[[Picture], Picture], pixels: np.ndarray) -> np.ndarray:
    """Upscale one frame. Shape: (H, W, 3) uint16 -> (H', W', 3) uint16."""
    return enlarge(Picture(pixels)).pixels
