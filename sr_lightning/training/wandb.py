"""W&B logger with a flat configuration, and names of W&B runs."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, WandbLogger


class FlatWandbLogger(WandbLogger):
    """W&B logger that stores the configuration under dotted names, as on the command line and in W&B sweeps.

    Args:
        artifact: upload the best checkpoint as an artifact.
        **settings: arguments of Lightning's logger.
    """

    def __init__(self, artifact: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.artifact = artifact

    def log_hyperparams(self, params: Any) -> None:
        super().log_hyperparams(dict(flat(params)))

    def conclude(self, values: Mapping[str, Mapping[str, Any]], picture: Path, best: Path) -> None:
        """Log the results: summary values ``best/psnr_y``, ``bicubic/psnr_y`` …, the picture and the checkpoint."""
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
    """Log the results of a run with all loggers that support it.

    Args:
        values: ``bicubic``, ``start`` and ``best`` -> name of the network and its mean metrics.
        picture: comparison picture.
        best: best checkpoint.
    """
    for logger in loggers:
        if isinstance(logger, FlatWandbLogger):
            logger.conclude(values, picture, best)


def flat(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted name and the value of each leaf."""
    for key, value in nested.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def wandb_id(folder: str) -> str:
    """Return the W&B run id of a run folder, so that a resumed run continues its W&B run."""
    return hashlib.sha256(folder.encode()).hexdigest()[:12]


def wandb_mode() -> str:
    """Return WANDB_MODE if set, else online with a login and offline without; ``wandb sync`` uploads later."""
    import wandb

    mode = wandb.setup().settings.mode
    return "offline" if mode == "online" and not wandb.login(prompt=False) else mode


def wandb_name(name: str, axes: Sequence[str]) -> str:
    """Return the overrides that distinguish a job within its sweep, or the name of a single run."""
    return " ".join(axes)[:128] or name


def wandb_tags(axes: Sequence[str]) -> list[str]:
    """Return the overrides that distinguish a job within its sweep, shortened to W&B's limit for tags."""
    return [axis[:64] for axis in axes]
