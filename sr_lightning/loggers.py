"""Loggers of others, with what this library wants of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from lightning.pytorch.loggers import WandbLogger


class FlatWandbLogger(WandbLogger):
    """Keeps the configuration under dotted names, as the command line and W&B's own sweeps write them."""

    def log_hyperparams(self, params: Any) -> None:
        super().log_hyperparams(dict(flat(params)))


def flat(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted name and value of each leaf."""
    for key, value in nested.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
