"""Training runs, from the command line and from Python.

Importing this package registers the OmegaConf resolvers that ``conf/train.yaml`` uses. Torch and Lightning are imported
by ``run`` only, so that ``python -m sr_lightning.train --help`` is fast.

Example:
    >>> from sr_lightning import training
    >>> config = training.compose("train", ["model=srresnet", "data=folder", "data.root=photos"])
    >>> best = training.run(config, "runs/photos")  # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from sr_lightning.cli.compose import Compose, compose
from sr_lightning.training.resolvers import register_resolvers

__all__ = ["compose", "run"]

register_resolvers()


def run(
    config: DictConfig,
    folder: str | Path,
    *,
    overrides: Sequence[str] | None = None,
    config_name: str = "train",
    compose: Compose = compose,
    job_logging: Mapping[str, Any] | None = None,
) -> float | None:
    """Train the network that a configuration describes, and evaluate it.

    Args:
        config: composed from ``conf/train.yaml``, or any DictConfig with its keys; not modified. If ``name`` is not
            set, the run is named after ``folder``.
        folder: run folder for checkpoints, logs and results; created if missing.
        overrides: those that ``config`` was composed from; required by ``match``.
        config_name: primary configuration that ``config`` was composed from.
        compose: composes the configurations of the first stage (``init=warm_start``) and of the reference (``match``).
            The default knows the package's ``conf/`` only; pass ``hydra.compose`` inside of ``hydra.initialize`` for a
            configuration directory of your own.
        job_logging: configuration of Python's logging for the process that trains the first stage; by default that of
            the training command.
    Returns:
        Best value of ``monitor``; None if no value was finite.
    Raises:
        InputError: an invalid setting or file, or another process trains in ``folder``.
        SystemExit: training was interrupted by SIGINT or SIGTERM, and has saved a checkpoint.
    """
    from sr_lightning.training.runner import run

    return run(config, Path(folder).absolute(), overrides, config_name, compose, job_logging)
