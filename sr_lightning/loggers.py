"""Loggers of others, with what this library wants of them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
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


def wandb_id(folder: str) -> str:
    """The W&B run of a run folder: a resumed run goes on in both."""
    return hashlib.sha256(folder.encode()).hexdigest()[:12]


def wandb_mode() -> str:
    """What WANDB_MODE says, else online; without a login offline: the run is kept on the disk for ``wandb sync``."""
    import wandb

    mode = wandb.setup().settings.mode
    return "offline" if mode == "online" and not wandb.login(prompt=False) else mode


def wandb_name(name: str, axes: Sequence[str]) -> str:
    """What tells a job from the others of its sweep; by itself, a run's own name."""
    return " ".join(axes)[:128] or name


def wandb_tags(axes: Sequence[str]) -> list[str]:
    """The overrides that tell a job from the others of its sweep, as short as W&B wants its tags."""
    return [axis[:64] for axis in axes]
