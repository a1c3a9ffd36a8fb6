"""Metrics of a report: those that its runs are configured with, and two that are derived or only logged."""

from collections.abc import Iterable, Mapping
from typing import Any

from hydra.utils import get_class

from sr_lightning.metrics import STANDARD, MetricInfo
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


def metric_infos(keys: Iterable[str], metrics: Mapping[str, Any]) -> list[MetricInfo]:
    """Return title, unit, digits and direction of each metric, in the order of the keys.

    Args:
        keys: of the metrics.
        metrics: configuration of the metrics, key -> ``{_target_: CLASS, …}``.
    """
    derived = {info.key: info for info in (RMSE, GAP)}
    return [derived.get(key) or configured(key, metrics.get(key)) for key in keys]


def configured(key: str, config: Any) -> MetricInfo:
    """Return the description of a configured metric; a class that cannot be imported or says nothing keeps its key."""
    try:
        metric = get_class(config["_target_"])
    except (TypeError, KeyError, ImportError, ValueError, AttributeError):
        return STANDARD.get(key, MetricInfo(key, key))
    if hasattr(metric, "info"):
        info: MetricInfo = metric.info(key, **{k: v for k, v in config.items() if not k.startswith("_")})
        return info
    higher = getattr(metric, "higher_is_better", None)
    return MetricInfo(key, key, None if higher is None else "higher" if higher else "lower")
