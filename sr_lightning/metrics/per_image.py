"""Metric values of single images, gathered over devices so that each image counts once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import fmean
from typing import TypeVar

import torch
from torch import Tensor
from torch.backends import cudnn
from torch.distributed import all_gather_object, get_world_size, is_initialized
from torchmetrics import Metric

from sr_lightning.errors import InputError

Scores = dict[str, float]  # metric -> value
Key = TypeVar("Key", int, tuple[str, int])  # of an image


def measure(metrics: Mapping[str, Metric], sr: Tensor, hr: Tensor, name: str) -> Scores:
    """Measure one image with each metric.

    Args:
        metrics: key -> metric; they are reset.
        sr: (1, 3, H, W) in [0, 1].
        hr: of the same shape.
        name: of the image, for the error message.

    Returns:
        key -> value.

    Raises:
        InputError: the image is too small for a metric.
    """
    device = torch.device("cpu") if sr.device.type == "mps" else sr.device  # metrics are float64, which MPS lacks
    sr, hr = sr.to(device), hr.to(device)
    values = {}
    for key, metric in metrics.items():
        try:
            values[key] = float(metric.to(device)(sr, hr))
        except ValueError as error:
            raise InputError(f"{name}: cannot be measured by {key}: {error}; remove the image or the metric") from error
        metric.reset()
    return values


@contextmanager
def exact(device: torch.device) -> Iterator[None]:
    """Disable autocast and TF32 convolutions, so that float32 is computed as float32."""
    with torch.autocast(device.type, enabled=False), cudnn.flags(enabled=True, allow_tf32=False):
        yield


def gather(rows: dict[Key, Scores]) -> dict[Key, Scores]:
    """Gather the rows of all devices by image, e.g. by its number; an image measured twice counts once."""
    shares = [rows]
    if is_initialized():
        shares = [{} for _ in range(get_world_size())]
        all_gather_object(shares, rows)
    merged = {number: scores for share in shares for number, scores in share.items()}
    return dict(sorted(merged.items()))


def mean(rows: dict[int, Scores]) -> Scores:
    """Return the mean of each metric over images."""
    names = next(iter(rows.values()), {})
    return {name: fmean(row[name] for row in rows.values()) for name in names}
