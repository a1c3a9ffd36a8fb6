"""Metrics of single images, collected over devices: each image counts once, on however many devices they lie."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.distributed import all_gather_object, get_world_size, is_initialized
from torchmetrics import Metric

Scores = dict[str, float]  # metric -> value


def measure(metrics: Mapping[str, Metric], sr: Tensor, hr: Tensor) -> Scores:
    """The value of each metric for one image."""
    scores = {}
    for name, metric in metrics.items():
        scores[name] = float(metric(sr, hr))
        metric.reset()
    return scores


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
    return {name: torch.tensor([row[name] for row in rows.values()], dtype=torch.float64).mean().item() for name in names}
