"""Metrics of a report that are derived or only logged, and names of metrics in files of earlier versions."""

from sr_lightning.metrics import MetricInfo
from sr_lightning.metrics.standard import RENAMED

RMSE = MetricInfo("rmse_y", "RMSE-Y", "lower", 2, "of\u00a0255")
"""Root mean squared error of Y, derived from the PSNR of each image by `rmse`."""
GAP = MetricInfo("batch_statistics_gap", "Batch norm gap", "lower", 2, "of\u00a0255")
"""Logged by `callbacks.BatchNormGap` at validations; there are no values of single images."""
PERCEPTUAL = ("lpips", "lpips_vgg", "dists", "niqe")
"""Vertical axis of the perception–distortion plane: the first of these that was measured."""


def rmse(psnr: float) -> float:
    """Convert the PSNR of one image in dB to its RMSE in 8-bit levels."""
    return 255 * 10 ** (-psnr / 20)


def current_key(name: str) -> str:
    """Return the current name of a metric or log key of an earlier version: ``val/colour_shift``."""
    prefix, slash, key = name.rpartition("/")
    return prefix + slash + RENAMED.get(key, key)
