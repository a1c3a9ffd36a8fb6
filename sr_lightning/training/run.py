"""A training run, from its configuration to its result."""

import logging
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from hydra.core.hydra_config import HydraConfig
from lightning import Trainer
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from omegaconf import DictConfig

from sr_lightning.callbacks import Checkpoints, Costs
from sr_lightning.cli.config import plain
from sr_lightning.cli.warnings import quiet
from sr_lightning.errors import InputError
from sr_lightning.training.build import build
from sr_lightning.training.config_checks import check
from sr_lightning.training.final_evaluation import summarise
from sr_lightning.training.fit import fit
from sr_lightning.training.run_folder import alone, check_resumable, newest_good, write_result
from sr_lightning.training.size_matching import match

log = logging.getLogger(__name__)
Kind = TypeVar("Kind", bound=Callback)


def run(config: DictConfig) -> float | None:
    """Train the configured model and return the best value of ``monitor``."""
    quiet()
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    match(config, folder)
    with alone(folder) if getattr(rank_zero_only, "rank", 0) == 0 else nullcontext():
        return train(config, folder)


def train(config: DictConfig, folder: Path) -> float | None:
    """Train and evaluate in a folder that no other process uses."""
    resume = find_resume(config, folder)
    before = None if resume is None else check_resumable(resume, plain(config))
    if before is not None and config.resume != "auto" and before.iterations >= config.iterations:
        done = before.iterations
        raise InputError(f"resume={resume}: has done {done} of {config.iterations} iterations; set more")
    trainer, module, data = build(config, before is None, None if before is None else before.started_from)
    checkpoints, costs = found(trainer, Checkpoints), found(trainer, Costs)
    if checkpoints is None:
        raise InputError("callbacks.checkpoints: is needed; leave it as it is")
    if trainer.is_global_zero:
        device = trainer.strategy.root_device
        where = os.path.relpath(folder)
        log.info("%s: %d x %s, %s, in %s", config.name, trainer.world_size, device, trainer.precision, where)
    try:
        if before is None or before.iterations < config.iterations:
            if trainer.is_global_zero:
                (folder / "result.json").unlink(missing_ok=True)
            fit(trainer, module, data, resume, checkpoints.last)
        else:
            for callback in (checkpoints, costs):
                if callback is not None and callback.state_key in before.callbacks:
                    callback.load_state_dict(before.callbacks[callback.state_key])
        source = checkpoints.best if checkpoints.best.is_file() else checkpoints.last
        summarise(config, trainer, data, source, folder, module.hparams["started_from"])
        if trainer.is_global_zero:
            measured = None if costs is None else costs.results
            write_result(folder, config.monitor, checkpoints.best_score, config.iterations, measured)
    finally:
        if any(isinstance(logger, WandbLogger) for logger in trainer.loggers):
            import wandb

            wandb.finish()  # otherwise the next run of this process logs to this one
    return checkpoints.best_score


def found(trainer: Trainer, kind: type[Kind]) -> Kind | None:
    """Return the trainer's callback of a class, or None."""
    return next((callback for callback in trainer.callbacks if isinstance(callback, kind)), None)  # type: ignore[attr-defined]


def find_resume(config: DictConfig, folder: Path) -> str | None:
    """Return the checkpoint to resume from, or None."""
    if config.resume is None:
        return None
    if config.resume != "auto":
        return str(config.resume)
    found = newest_good(folder / "checkpoints")
    log.info("Nothing to resume: starting anew" if found is None else f"Resuming from {os.path.relpath(found)}")
    return None if found is None else str(found)


def stage(*, _root_: DictConfig) -> str:
    """Return the kind of training: adversarial or pixel."""
    return "adversarial" if "discriminator" in _root_.module else "pixel"
