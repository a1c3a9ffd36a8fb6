"""Before/after sliders of upscaled images for an HTML page."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.image import Picture
from sr_lightning.ops.quantize import uint16_to_uint8
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscaling.jobs import Job
from sr_lightning.visuals import html
from sr_lightning.visuals.html.data_uri import MEGAPIXELS, within

PAGE_MEGAPIXELS = 240.0  # largest total size of the images of a page: about 100 megabytes
BACKGROUND = (128, 128, 128)  # of transparent pixels
_MODES = ("L", "LA", "RGB", "RGBA")


def make_sliders(
    jobs: Sequence[Job], on_done: Callable[[Job], None] | None = None
) -> tuple[list[str], dict[Path, str]]:
    """Return a slider between bicubic interpolation and the output for each job whose target exists.

    Both files are read from disk, so that the page includes outputs of earlier runs and shows compression artifacts. If
    there are many images, they are reduced in size to limit the size of the page.

    Args:
        jobs: input and output files; videos and missing outputs are left out.
        on_done: called after each image.
    Returns:
        parts for ``html.page``, and the error message of each file that could not be read.
    """
    finished = [job for job in jobs if os.path.exists(job.target) and not job.is_video]
    parts, problems = [], {}
    for job in finished:
        try:
            parts.append(make_slider(job, min(MEGAPIXELS, PAGE_MEGAPIXELS / len(finished))))
        except InputError as error:
            problems[job.source] = str(error)
        if on_done is not None:
            on_done(job)
    return parts, problems


def make_slider(job: Job, megapixels: float) -> str:
    """Return the slider of one job.

    Args:
        job: an input file and its output file.
        megapixels: largest size of each image; larger ones are reduced.
    Raises:
        InputError: one of the two files cannot be read.
    """
    before, after = to_rgb8(image.read_picture(job.source)), to_rgb8(image.read_picture(job.target))
    width, height = within(after.shape[2], after.shape[1], megapixels)
    enlarged = bicubic_to(before.float().div_(255), height, width).clamp_(0, 1)
    facts = {"input": f"{before.shape[2]} × {before.shape[1]}"}
    return html.slider(str(job.source), enlarged, after, facts=facts, megapixels=megapixels)


def to_rgb8(picture: Picture) -> Tensor:
    """Convert to 8-bit RGB, on a gray background where the image is transparent. Shape: (3, H, W) uint8."""
    pixels = picture.pixels if picture.depth == 8 else uint16_to_uint8(picture.pixels)
    shown = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels, _MODES[pixels.shape[2] - 1])
    if pixels.shape[2] % 2 == 0:
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, BACKGROUND), shown.convert("RGBA"))
    return torch.from_numpy(np.array(shown.convert("RGB"))).permute(2, 0, 1)
