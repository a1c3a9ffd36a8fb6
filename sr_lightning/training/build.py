"""Build trainer, module and data module of a run from its configuration."""

from typing import Any

import torch
from hydra.utils import instantiate
from lightning import Trainer, seed_everything
from omegaconf import DictConfig

from sr_lightning.callbacks import AtomicCheckpointIO
from sr_lightning.modules import Restorer, SRDataModule
from sr_lightning.modules.lightning_compat import UnwrappedDDPStrategy
from sr_lightning.system.hardware import precision
from sr_lightning.training.part_checks import check_crop


def build(config: DictConfig) -> tuple[Trainer, Restorer, SRDataModule]:
    """Seed the random number generators and build everything that ``Trainer.fit`` needs; no weights are loaded.

    Raises:
        InputError: ``data.crop`` is too small for a network.
    """
    seed_everything(config.seed, workers=True, verbose=False)
    data = instantiate(config.datamodule)
    module = instantiate(config.module)
    check_crop(config.data.crop, module.objective, getattr(module, "discriminator", None))
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
        callbacks=parts(config.get("callbacks")),
        logger=parts(config.get("logger")),
        plugins=[AtomicCheckpointIO()],
    )
    return trainer, module, data


def strategy(config: DictConfig, module: Restorer) -> Any:
    """Return the configured strategy; ``auto`` on several devices uses no DDP wrapper under manual optimization."""
    several = config.trainer.devices not in (1, "1") or config.trainer.num_nodes > 1
    unwrapped = config.trainer.strategy == "auto" and several and not module.automatic_optimization
    return UnwrappedDDPStrategy() if unwrapped else config.trainer.strategy


def parts(group: DictConfig | None) -> list[Any]:
    """Instantiate a group of named parts, without those that are null."""
    return [part for part in (instantiate(group) or {}).values() if part is not None]
