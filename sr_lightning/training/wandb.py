"""W&B logger with a flat configuration and a summary of the results."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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

    def log_results(self, values: Mapping[str, Mapping[str, Any]], picture: Path, best: Path) -> None:
        """Log the results: summary values ``best/psnr_y``, ``bicubic/psnr_y`` …, the picture and the checkpoint."""
        import wandb

        run, networks = self.experiment, ", ".join(str(row["network"]) for row in values.values())
        run.summary.update(
            {f"{role}/{key}": value for role, row in values.items() for key, value in row.items() if key != "benchmark"}
        )
        run.log({"comparison": wandb.Image(str(picture), caption=f"LR, {networks}, HR: the best checkpoint")})
        if self.artifact:
            name = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{values['best']['network']}-{run.id}")
            artifact = wandb.Artifact(name, type="model", metadata=dict(values["best"]))
            artifact.add_file(str(best))
            run.log_artifact(artifact, aliases=["best"])


def log_results(loggers: Sequence[Logger], values: Mapping[str, Mapping[str, Any]], picture: Path, best: Path) -> None:
    """Log the results of a run with all loggers that support it.

    Args:
        values: ``bicubic``, ``start`` and ``best`` -> name of the network and its mean metrics.
        picture: comparison picture.
        best: best checkpoint.
    """
    for logger in loggers:
        if isinstance(logger, FlatWandbLogger):
            logger.log_results(values, picture, best)


def flat(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted name and the value of each leaf."""
    for key, value in nested.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@contextmanager
def finish_wandb(loggers: Sequence[Logger]) -> Iterator[None]:
    """End the W&B run after the block; otherwise the next run of this process would log to it."""
    try:
        yield
    finally:
        if any(isinstance(logger, WandbLogger) for logger in loggers):
            import wandb

            wandb.finish()
