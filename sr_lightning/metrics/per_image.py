"""Metrics of single images, collected over devices: each image counts once, on however many devices they lie."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import fmean

import torch
from torch import Tensor
from torch.backends import cudnn
from torch.distributed import all_gather_object, get_world_size, is_initialized
from torchmetrics import Metric

from sr_lightning.errors import InputError

Scores = dict[str, float]  # metric -> value


def measure(metrics: Mapping[str, Metric], sr: Tensor, hr: Tensor, name: str) -> Scores:
    """The value of each metric for one image.

    Args:
        name: of the image, for the error.
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
            raise InputError(f"{name}: cannot be measured by {key}: {error}; remove it or that metric") from error
        metric.reset()
    return values


@contextmanager
def exact(device: torch.device) -> Iterator[None]:
    """Float32 as such, whatever the training's precision: neither autocast nor TF32 convolutions."""
    with torch.autocast(device.type, enabled=False), cudnn.flags(enabled=True, allow_tf32=False):
        yield


def gather(rows: dict[int, Scores]) -> dict[int, Scores]:
    """The rows of all devices, by image number; an image measured twice is there once."""
    shares = [rows]
    if is_initialized():
        shares = [{} for _ in range(get_world_size())]
        all_gather_object(shares, rows)
    merged = {number: scores for share in shares for number, scores in share.items()}
    return dict(sorted(merged.items()))


def mean(rows: dict[int, Scores]) -> Scores:
    """Mean over images of each metric."""
    names = next(iter(rows.values()), {})
    return {name: fmean(row[name] for row in rows.values()) for name in names}


def written(row: Mapping[str, float]) -> str:
    """Return PSNR and LPIPS of an image for a caption, or NIQE where one of them was not measured."""
    texts = {"psnr_y": "{:.2f} dB", "lpips": "LPIPS {:.3f}", "niqe": "NIQE {:.2f}"}
    return "   ".join([text.format(row[key]) for key, text in texts.items() if key in row][:2])
