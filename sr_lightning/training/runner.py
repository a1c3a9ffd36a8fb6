"""The steps of a training run: checks, first stage, training, final evaluation."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lightning import Trainer
from lightning.pytorch.callbacks import Callback
from omegaconf import DictConfig, open_dict
from omegaconf.errors import InterpolationResolutionError, UnsupportedInterpolationType

from sr_lightning.callbacks import Checkpoints, Costs
from sr_lightning.callbacks.score_basis import score_basis
from sr_lightning.cli.compose import Compose
from sr_lightning.cli.config import plain
from sr_lightning.cli.warnings import quiet
from sr_lightning.errors import InputError
from sr_lightning.training.build import build
from sr_lightning.training.config_checks import check
from sr_lightning.training.final_evaluation import evaluate_run
from sr_lightning.training.fit import fit
from sr_lightning.training.initial_weights import load_initial_discriminator, load_initial_generator
from sr_lightning.training.resuming import Resumed, find_resumed
from sr_lightning.training.run_folder import claimed, is_rank_zero, write_config, write_result
from sr_lightning.training.size_matching import match_size
from sr_lightning.training.wandb import finish_wandb
from sr_lightning.training.warm_start import provide_first_stage

log = logging.getLogger(__name__)
Kind = TypeVar("Kind", bound=Callback)


def run(
    config: DictConfig,
    folder: Path,
    overrides: Sequence[str] | None,
    config_name: str,
    compose: Compose,
    job_logging: Mapping[str, Any] | None,
) -> float | None:
    """Check the configuration, then train in the locked run folder; see ``training.run``."""
    quiet()
    config = for_folder(config, folder)
    check(config, overrides or ())
    if config.match is not None:
        if overrides is None:
            raise InputError(
                f"match={config.match}: needs the overrides of the configuration; pass overrides=[…] to training.run"
            )
        reference = compose(config_name, [*overrides, *config.match_reference, "name=reference"])
        config = match_size(config, reference)
    with claimed(folder):
        if is_rank_zero():
            write_config(folder, config)
        return train(config, folder, compose, job_logging)


def train(config: DictConfig, folder: Path, compose: Compose, job_logging: Mapping[str, Any] | None) -> float | None:
    """Train from initial weights or from a checkpoint, then evaluate the best weights; return the best score."""
    resumed = find_resumed(config, folder)
    if resumed is None and is_rank_zero():
        (folder / "wandb_id").unlink(missing_ok=True)  # a new run, also in the folder of an earlier one
    trainer, module, data = build(config)
    if resumed is None:
        discriminator = load_initial_discriminator(module, config)  # a wrong file fails before the first stage
        first_stage = provide_first_stage(config, compose, job_logging) if config.init == "warm_start" else None
        started_from = {**discriminator, **load_initial_generator(module, config, first_stage)} or None
    else:
        started_from = resumed.started_from
    module.save_hyperparameters({**plain(config), "started_from": started_from})
    checkpoints, costs = find_callback(trainer, Checkpoints), find_callback(trainer, Costs)
    if checkpoints is None:
        raise InputError("callbacks.checkpoints: is required; do not remove it")
    log_start(trainer, config, folder)
    with finish_wandb(trainer.loggers):
        if resumed is None or resumed.iterations < config.iterations:
            if trainer.is_global_zero:
                (folder / "result.json").unlink(missing_ok=True)
            fit(trainer, module, data, None if resumed is None else str(resumed.path), checkpoints.last)
        else:
            checkpoints.basis = score_basis(config.monitor, module.hparams, data.list_validation().hr)
            restore_callbacks(resumed, checkpoints, costs)
        has_best = checkpoints.best_score is not None and checkpoints.best.is_file()
        best = checkpoints.best if has_best else checkpoints.last
        evaluate_run(config, trainer, data, best, folder, started_from)
        if trainer.is_global_zero:
            measured = None if costs is None else costs.results
            write_result(folder, config.monitor, checkpoints.best_score, config.iterations, measured)
    return checkpoints.best_score


def for_folder(config: DictConfig, folder: Path) -> DictConfig:
    """Return a copy of the configuration for a run in ``folder``.

    Its ``folder`` is set, and also its ``name`` if it has none, or one that refers to a Hydra application that is not
    running.
    """
    config = config.copy()
    with open_dict(config):
        config.folder = str(folder)
        try:
            has_name = config.get("name") is not None
        except (InterpolationResolutionError, UnsupportedInterpolationType):
            has_name = False
        if not has_name:
            config.name = folder.name
    return config


def find_callback(trainer: Trainer, kind: type[Kind]) -> Kind | None:
    """Return the trainer's first callback of a class, or None."""
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    return next((callback for callback in callbacks if isinstance(callback, kind)), None)


def restore_callbacks(resumed: Resumed, *callbacks: Callback | None) -> None:
    """Load the states of callbacks from the checkpoint of a finished run, which is only evaluated again."""
    for callback in callbacks:
        if callback is not None and callback.state_key in resumed.callbacks:
            callback.load_state_dict(resumed.callbacks[callback.state_key])


def log_start(trainer: Trainer, config: DictConfig, folder: Path) -> None:
    """Log the name, devices, precision and folder of the run."""
    if trainer.is_global_zero:
        device = trainer.strategy.root_device
        log.info(
            "%s: %d x %s, %s, in %s",
            *(config.name, trainer.world_size, device, trainer.precision, os.path.relpath(folder)),
        )
