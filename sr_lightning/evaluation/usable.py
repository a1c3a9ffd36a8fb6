"""Leave out images that cannot be evaluated, before the network runs."""

import logging
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import torch
from torchmetrics import Metric

from sr_lightning import image
from sr_lightning.data.datasets import Files
from sr_lightning.data.full_images import FullImages
from sr_lightning.errors import InputError
from sr_lightning.metrics import per_image

log = logging.getLogger(__name__)

LARGE_ENOUGH = 512  # pixels; images whose sides are longer are large enough for every metric


def usable_files(
    benchmarks: Mapping[str, Files], scale: int, metrics: Mapping[str, Metric]
) -> tuple[dict[str, Files], list[str]]:
    """Return the images of each benchmark that can be evaluated, and the error message of each other one.

    Every image is decoded, and metrics are run on black images of the sizes of small ones.

    Args:
        benchmarks: name -> images.
        scale: HR size over LR size.
        metrics: key -> metric; they are reset.
    Raises:
        InputError: no image of a benchmark can be evaluated.
    """
    usable: dict[str, Files] = {}
    messages: list[str] = []
    too_small: dict[tuple[int, ...], str | None] = {}
    for name, files in benchmarks.items():
        images, kept, problems = FullImages(files, scale), [], []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda number, images=images: measure_size(images, number), range(len(images))))
        for number, result in enumerate(results):
            problem = result if isinstance(result, str) else None
            if isinstance(result, tuple) and min(result) < LARGE_ENOUGH:
                if result not in too_small:
                    too_small[result] = metric_problem(metrics, result)
                problem = too_small[result] and f"{files.hr[number]}: {too_small[result]}"
            if problem:
                problems.append(problem)
            else:
                kept.append(number)
        if not kept:
            raise InputError(f"benchmark {name}: no image can be evaluated; {problems[0]}")
        deep = sum(image.read_header(files.hr[number]).depth == 16 for number in kept)
        if deep:
            log.warning("benchmark %s: %d of %d images have 16 bits; they are rounded to 8", name, deep, len(kept))
        lr = None if files.lr is None else [files.lr[number] for number in kept]
        usable[name] = Files([files.hr[number] for number in kept], lr)
        messages += problems
    return usable, messages


def measure_size(images: FullImages, number: int) -> tuple[int, ...] | str:
    """Decode an image; return its height and width as evaluated, or the error message."""
    try:
        return tuple(images[number].hr.shape[-2:])
    except InputError as error:
        return str(error)


def metric_problem(metrics: Mapping[str, Metric], size: tuple[int, ...]) -> str | None:
    """Return why a metric cannot be measured on images of a size (height, width), or None."""
    black = torch.zeros(1, 3, *size)
    for key, metric in metrics.items():
        try:
            per_image.measure({key: metric}, black, black, "image")
        except InputError as error:
            return str(error).removeprefix("image: ")
    return None
