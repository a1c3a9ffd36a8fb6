"""``python -m sr_lightning.train model=esrgan trainer.devices=4``"""

import hashlib
import logging
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from hydra.utils import instantiate
from lightning import Trainer, seed_everything
from lightning.pytorch.loggers import WandbLogger
from omegaconf import DictConfig, OmegaConf

from sr_lightning import weights
from sr_lightning.callbacks import AtomicCheckpointIO, Checkpoints
from sr_lightning.command_line import CONF, one_line_errors, plain, precision, quiet
from sr_lightning.data import SRDataModule
from sr_lightning.errors import InputError
from sr_lightning.modules import Restorer
from sr_lightning.summary import summarise

log = logging.getLogger(__name__)
STARTED = datetime.now()


def run(config: DictConfig) -> float | None:
    """Train what the configuration describes; returns the best value of ``monitor``."""
    quiet()
    check(config)
    folder = Path(HydraConfig.get().runtime.output_dir)
    resume = find_resume(config.resume, folder, config.iterations)
    trainer, module, data = build(config)
    if trainer.is_global_zero:
        device = trainer.strategy.root_device
        log.info(
            "%s: %d x %s, %s, in %s",
            config.name,
            trainer.world_size,
            device,
            trainer.precision,
            os.path.relpath(folder),
        )
    checkpoints = next(callback for callback in trainer.checkpoint_callbacks if isinstance(callback, Checkpoints))
    try:
        trainer.fit(module, data, ckpt_path=resume, weights_only=True)
        source = checkpoints.best if checkpoints.best.is_file() else checkpoints.last
        summarise(config, trainer, data, source, folder)
    finally:
        if any(isinstance(logger, WandbLogger) for logger in trainer.loggers):
            import wandb

            wandb.finish()  # or the next run of this process would log into this one
    return checkpoints.best_score


def build(config: DictConfig) -> tuple[Trainer, Restorer, SRDataModule]:
    """Everything that ``Trainer.fit`` needs, from the configuration."""
    seed_everything(config.seed, workers=True, verbose=False)
    data = instantiate(config.datamodule)
    module = instantiate(config.module)
    module.save_hyperparameters(plain(config))
    if config.init is not None:
        weights.load(module.generator, config.init)
    if config.channels_last:
        module.generator.to(memory_format=torch.channels_last)
    if config.compile:
        module.generator.compile()
    trainer = instantiate(
        config.trainer,
        precision=precision(config.trainer.precision, config.trainer.accelerator),
        val_check_interval=min(config.validate_every, config.iterations),
        callbacks=list(instantiate(config.callbacks).values()),
        logger=list(instantiate(config.logger).values()),
        plugins=[AtomicCheckpointIO()],
    )
    return trainer, module, data


def check(config: DictConfig) -> None:
    """Refuse values that no part would refuse before training starts.

    Raises:
        InputError: names the key.
    """
    for name in ("iterations", "validate_every", "log_every"):
        if not isinstance(config[name], int) or config[name] < 1:
            raise InputError(f"{name}={config[name]}: must be a whole number of at least 1")
    if config.init is not None and config.resume is not None:
        raise InputError("init and resume: give one of them; resume goes on with a run, init starts a new one")
    missing = next(missing_keys(OmegaConf.to_container(config, resolve=False)), None)
    if missing is not None:
        raise InputError(f"{missing}: is not set; add {missing}=…")
    if HydraConfig.get().mode == RunMode.MULTIRUN and config.trainer.devices not in (1, "1"):
        raise InputError(
            f"trainer.devices={config.trainer.devices}: does not go together with -m, as each process would start all "
            "jobs; run them one by one"
        )
    measured = [f"val/{name}" for name in config.metrics]
    if config.monitor not in measured:
        raise InputError(f"monitor={config.monitor}: not measured; there are {', '.join(measured)}")


def missing_keys(container: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of the values that still are ``???``."""
    if container == "???":
        yield prefix
    if isinstance(container, dict):
        for key, value in container.items():
            yield from missing_keys(value, f"{prefix}.{key}" if prefix else key)


def find_resume(resume: str | None, folder: Path, iterations: int) -> str | None:
    """The checkpoint to go on from.

    Raises:
        InputError: a file that is not there, not a checkpoint, or that of a finished run.
    """
    if resume is None:
        return None
    if resume != "auto":
        content = weights.read(resume)
        if "loops" not in content:
            raise InputError(
                f"resume={resume}: not a checkpoint of a training run; for weights alone use init={resume}"
            )
        done = content["global_step"]
        if done >= iterations:
            raise InputError(f"resume={resume}: has done {done} of {iterations} iterations; set iterations to more")
        return resume
    found = newest_good(folder / "checkpoints")
    log.info("Nothing to resume: starting anew" if found is None else f"Resuming from {found}")
    return None if found is None else str(found)


def newest_good(folder: Path) -> Path | None:
    """The checkpoint in ``folder`` with the most iterations, if any can be read."""
    good: list[tuple[int, Path]] = []
    for path in folder.glob("*.ckpt"):
        try:
            good.append((weights.read(path)["global_step"], path))
        except InputError as error:
            log.warning("%s", error)
    return max(good)[1] if good else None


def run_directory(*, _root_: DictConfig) -> str:
    """``runs/NAME/TIME``; with resume=auto, the newest run of the very same configuration that has a checkpoint."""
    runs = Path("runs", _root_.name)
    if _root_.resume == "auto":
        wanted = comparable(_root_)
        for folder in sorted(runs.glob("*/checkpoints"), reverse=True):
            saved = folder.parent / ".hydra" / "config.yaml"
            if any(folder.glob("*.ckpt")) and saved.is_file() and comparable(OmegaConf.load(saved)) == wanted:
                return str(folder.parent)
    return str(runs / f"{STARTED:%Y-%m-%d_%H-%M-%S}")


def comparable(config: Any) -> dict[str, Any]:
    """What makes two runs the same run: all of the configuration but how it is resumed."""
    container: Any = OmegaConf.to_container(config, resolve=False)
    return {key: value for key, value in container.items() if key not in ("resume", "hydra")}


def wandb_id(folder: str) -> str:
    """The W&B run of a run folder: a resumed run goes on in both."""
    return hashlib.sha256(folder.encode()).hexdigest()[:12]


def wandb_mode() -> str:
    """What WANDB_MODE says, else online; without a login offline: the run is kept on the disk for ``wandb sync``."""
    import wandb

    mode = wandb.setup().settings.mode
    return "offline" if mode == "online" and not wandb.login(prompt=False) else mode


for resolver in (run_directory, wandb_id, wandb_mode):
    OmegaConf.register_new_resolver(resolver.__name__, resolver, replace=True)


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def main(config: DictConfig) -> float | None:
    with one_line_errors():
        return run(config)


if __name__ == "__main__":
    main()
