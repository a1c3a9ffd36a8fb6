"""``python -m sr_lightning.train model=esrgan trainer.devices=4``"""

import hashlib
import importlib
import logging
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from lightning import Trainer, seed_everything
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from sr_lightning import weights
from sr_lightning.callbacks import AtomicCheckpointIO, Checkpoints, Costs
from sr_lightning.command_line import (
    CONF,
    one_line_errors,
    plain,
    precision,
    quiet,
)
from sr_lightning.data import SRDataModule
from sr_lightning.errors import InputError
from sr_lightning.fitting import fit
from sr_lightning.loggers import wandb_id, wandb_mode, wandb_name, wandb_tags
from sr_lightning.matching import match
from sr_lightning.modules import Restorer
from sr_lightning.modules.synchronise import UnwrappedDDPStrategy
from sr_lightning.preflight import check, check_crop
from sr_lightning.ranks import leave
from sr_lightning.runs import alone, check_resumable, newest_good, run_directory, write_result
from sr_lightning.summary import summarise
from sr_lightning.sweeps import job_directory, sweep_directory
from sr_lightning.warm_start import warm_start

log = logging.getLogger(__name__)
Kind = TypeVar("Kind", bound=Callback)


def run(config: DictConfig) -> float | None:
    """Train what the configuration describes; returns the best value of ``monitor``."""
    quiet()
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    match(config, folder)
    with alone(folder) if getattr(rank_zero_only, "rank", 0) == 0 else nullcontext():
        return train(config, folder)


def train(config: DictConfig, folder: Path) -> float | None:
    """Fit, then show what came out; what ``run`` does in a folder that is its own."""
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
            for told in (checkpoints, costs):
                if told is not None and told.state_key in before.callbacks:
                    told.load_state_dict(before.callbacks[told.state_key])
        source = checkpoints.best if checkpoints.best.is_file() else checkpoints.last
        summarise(config, trainer, data, source, folder, module.hparams["started_from"])
        if trainer.is_global_zero:
            measured = None if costs is None else costs.results
            write_result(folder, config.monitor, checkpoints.best_score, config.iterations, measured)
    finally:
        if any(isinstance(logger, WandbLogger) for logger in trainer.loggers):
            import wandb

            wandb.finish()  # or the next run of this process would log into this one
    return checkpoints.best_score


def starting_weights(config: DictConfig) -> Path | None:
    """The file that the generator starts from."""
    if config.init == "warm_start":
        return warm_start(config)
    if config.init is None and config.warm_start is not None and config.stage == "adversarial":
        log.warning(
            "init=null: adversarial training from scratch rarely succeeds; init=warm_start trains a start first"
        )
    return None if config.init is None else weights.locate(config.init)


def build(
    config: DictConfig, fresh: bool = False, started_from: dict[str, str] | None = None
) -> tuple[Trainer, Restorer, SRDataModule]:
    """Everything that ``Trainer.fit`` needs, from the configuration.

    Args:
        fresh: the generator starts from the weights that ``init`` names; a first stage is trained here, after all that
            can be refused has been.
        started_from: what a run that goes on started from.
    """
    seed_everything(config.seed, workers=True, verbose=False)
    data = instantiate(config.datamodule)
    module = instantiate(config.module)
    check_crop(config.data.crop, module.objective, getattr(module, "discriminator", None))
    init = starting_weights(config) if fresh else None
    if init is not None:
        weights.load_into(module.generator, init)
        started_from = {"file": str(init), "sha256": hashlib.sha256(init.read_bytes()).hexdigest()}
    module.save_hyperparameters({**plain(config), "started_from": started_from})
    if config.channels_last:
        module.to(memory_format=torch.channels_last)
    if config.compile:
        # Not the discriminator, whose graph both losses go back through: torch.compile does not retain graphs, and its
        # backward code would compute the gradients of the input and of the weights both times.
        module.generator.compile()
    trainer = instantiate(
        config.trainer,
        strategy=strategy(config, module),
        precision=precision(config.trainer.precision, config.trainer.accelerator),
        val_check_interval=min(config.validate_every, config.iterations),
        callbacks=parts(config.callbacks),
        logger=parts(config.logger),
        plugins=[AtomicCheckpointIO()],
    )
    return trainer, module, data


def strategy(config: DictConfig, module: Restorer) -> Any:
    """What was asked for; ``auto`` on several devices leaves manual optimization unwrapped by DDP."""
    several = config.trainer.devices not in (1, "1") or config.trainer.num_nodes > 1
    unwrapped = config.trainer.strategy == "auto" and several and not module.automatic_optimization
    return UnwrappedDDPStrategy() if unwrapped else config.trainer.strategy


def found(trainer: Trainer, kind: type[Kind]) -> Kind | None:
    """The callback of a kind, if there is one."""
    return next((callback for callback in trainer.callbacks if isinstance(callback, kind)), None)  # type: ignore[attr-defined]


def parts(group: DictConfig | None) -> list[Any]:
    """The instances of a group of named parts; null leaves one out."""
    return [part for part in (instantiate(group) or {}).values() if part is not None]


def find_resume(config: DictConfig, folder: Path) -> str | None:
    """The checkpoint to go on from."""
    if config.resume is None:
        return None
    if config.resume != "auto":
        return str(config.resume)
    found = newest_good(folder / "checkpoints")
    log.info("Nothing to resume: starting anew" if found is None else f"Resuming from {os.path.relpath(found)}")
    return None if found is None else str(found)


def stage(*, _root_: DictConfig) -> str:
    """What kind of training a run is."""
    return "adversarial" if "discriminator" in _root_.module else "pixel"


for resolver in (run_directory, job_directory, stage, wandb_id, wandb_mode, wandb_name, wandb_tags):
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)
# One sweep has one folder, also where each job composes its configuration anew.
OmegaConf.register_new_resolver(sweep_directory.__name__, sweep_directory, replace=True, use_cache=True)


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def application(config: DictConfig) -> float | None:
    return run(config)


def main() -> None:
    """The command line."""
    with one_line_errors():
        application()
        leave()


if __name__ == "__main__":
    # by its name, not as __main__: launchers that send the application to other machines import it there
    importlib.import_module("sr_lightning.train").main()
