"""Metrics of image quality: `torchmetrics.Metric` of (sr, hr), measured on each image, then averaged over images."""

from sr_lightning.metrics.base import ImageMetric
from sr_lightning.metrics.consistency import ColourShift, LRConsistency
from sr_lightning.metrics.fidelity import PSNR, SSIM
from sr_lightning.metrics.niqe import NIQE
from sr_lightning.metrics.perceptual import DISTS, LPIPS

__all__ = ["DISTS", "LPIPS", "NIQE", "PSNR", "SSIM", "ColourShift", "ImageMetric", "LRConsistency"]
