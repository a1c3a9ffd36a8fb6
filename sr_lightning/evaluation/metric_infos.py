"""Titles, units and digits of configured metrics, as their classes declare them."""

from collections.abc import Iterable, Mapping
from typing import Any

from hydra.utils import get_class

from sr_lightning.metrics import STANDARD, MetricInfo


def metric_infos(keys: Iterable[str], metrics: Mapping[str, Any]) -> list[MetricInfo]:
    """Return title, unit, digits and direction of each metric, in the order of the keys.

    Args:
        keys: of the metrics.
        metrics: configuration of the metrics, key -> ``{_target_: CLASS, …}``.
    """
    return [configured(key, metrics.get(key)) for key in keys]


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
