"""Metrics of image quality: each is a `torchmetrics.Metric` of (sr, hr), averaged over images."""

from sr_lightning.metrics.base import ImageMetric
from sr_lightning.metrics.consistency import ColorShift, LRConsistency
from sr_lightning.metrics.fidelity import PSNR, SSIM
from sr_lightning.metrics.info import MetricInfo
from sr_lightning.metrics.niqe import NIQE
from sr_lightning.metrics.perceptual import DISTS, LPIPS
from sr_lightning.metrics.standard import STANDARD

__all__ = [
    "DISTS",
    "LPIPS",
    "NIQE",
    "PSNR",
    "SSIM",
    "STANDARD",
    "ColorShift",
    "ImageMetric",
    "LRConsistency",
    "MetricInfo",
]
