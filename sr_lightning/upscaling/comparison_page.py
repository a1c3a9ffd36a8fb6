"""Pictures before and after as parts of a page, one at a time."""

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

PAGE = 240.0  # megapixels on one page: about 100 megabytes, which a browser still opens
BEHIND = (128, 128, 128)  # what is transparent
_MODES = ("L", "LA", "RGB", "RGBA")


def sliders(jobs: Sequence[Job], on_done: Callable[[Job], None] | None = None) -> tuple[list[str], dict[Path, str]]:
    """A slider between bicubic and the written file for each picture whose target is there.

    Both files are read again, so that pictures of an earlier run are shown, too, and each as its format has kept it.
    Many pictures are shown smaller, so that a browser still opens the page.

    Args:
        on_done: called after each picture.
    Returns:
        parts for ``html.page``; what is wrong with files that could not be read.
    """
    there = [job for job in jobs if job.target.exists() and not job.is_video]
    parts, problems = [], {}
    for job in there:
        try:
            parts.append(slider(job, min(MEGAPIXELS, PAGE / len(there))))
        except InputError as error:
            problems[job.source] = str(error)
        if on_done is not None:
            on_done(job)
    return parts, problems


def slider(job: Job, megapixels: float) -> str:
    """One picture.

    Raises:
        InputError: one of its two files cannot be read.
    """
    before, after = flat(image.read_picture(job.source)), flat(image.read_picture(job.target))
    width, height = within(after.shape[2], after.shape[1], megapixels)
    enlarged = bicubic_to(before.float().div_(255), height, width).clamp_(0, 1)
    facts = {"input": f"{before.shape[2]} × {before.shape[1]}"}
    return html.slider(str(job.source), enlarged, after, facts=facts, megapixels=megapixels)


def flat(picture: Picture) -> Tensor:
    """8 bits, in front of grey where the picture is transparent. Shape: (3, H, W) uint8."""
    pixels = picture.pixels if picture.depth == 8 else uint16_to_uint8(picture.pixels)
    shown = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels, _MODES[pixels.shape[2] - 1])
    if pixels.shape[2] % 2 == 0:
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, BEHIND), shown.convert("RGBA"))
    return torch.from_numpy(np.array(shown.convert("RGB"))).permute(2, 0, 1)
