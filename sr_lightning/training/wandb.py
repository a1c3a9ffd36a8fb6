"""Loggers of others, with what this library wants of them."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, WandbLogger


class FlatWandbLogger(WandbLogger):
    """Keeps the configuration under dotted names, as the command line and W&B's own sweeps write them.

    Args:
        artifact: keep the best checkpoint as an artifact of the run.
        **settings: of Lightning's logger.
    """

    def __init__(self, artifact: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.artifact = artifact

    def log_hyperparams(self, params: Any) -> None:
        super().log_hyperparams(dict(flat(params)))

    def conclude(self, values: Mapping[str, Mapping[str, Any]], picture: Path, best: Path) -> None:
        """Keep what came out: summary values ``best/psnr_y``, ``bicubic/psnr_y`` …, the picture, the checkpoint."""
        import wandb

        run, networks = self.experiment, ", ".join(str(row["network"]) for row in values.values())
        run.summary.update(
            {f"{role}/{key}": value for role, row in values.items() for key, value in row.items() if key != "benchmark"}
        )
        run.log({"comparison": wandb.Image(str(picture), caption=f"LR, {networks}, HR: the best checkpoint")})
        if self.artifact:
            name = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{values['best']['network']}-{run.id}")
            kept = wandb.Artifact(name, type="model", metadata=dict(values["best"]))
            kept.add_file(str(best))
            run.log_artifact(kept, aliases=["best"])


def conclude(loggers: Sequence[Logger], values: Mapping[str, Mapping[str, Any]], picture: Path, best: Path) -> None:
    """Tell the loggers that keep more than numbers what a run has come to.

    Args:
        values: of ``bicubic``, ``start`` and ``best``: the network's name and its means over the validation images.
        picture: all of them side by side.
        best: checkpoint.
    """
    for logger in loggers:
        if isinstance(logger, FlatWandbLogger):
            logger.conclude(values, picture, best)


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
