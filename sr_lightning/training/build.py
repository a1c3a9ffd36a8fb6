"""Build trainer, module and data module of a run from its configuration."""

from typing import Any

import torch
from hydra.utils import instantiate
from lightning import Trainer, seed_everything
from omegaconf import DictConfig

from sr_lightning.callbacks import AtomicCheckpointIO
from sr_lightning.cli.config import plain
from sr_lightning.modules import Restorer, SRDataModule
from sr_lightning.modules.lightning_compat import UnwrappedDDPStrategy
from sr_lightning.system.hardware import precision
from sr_lightning.training.config_checks import check_crop
from sr_lightning.training.initial_weights import initialise


def build(
    config: DictConfig, fresh: bool = False, started_from: dict[str, Any] | None = None
) -> tuple[Trainer, Restorer, SRDataModule]:
    """Build everything that ``Trainer.fit`` needs.

    Args:
        fresh: load the weights that ``init`` and ``init_discriminator`` name; a missing first stage is trained here,
            after all checks.
        started_from: files and hashes of the initial weights of a resumed run.
    """
    seed_everything(config.seed, workers=True, verbose=False)
    data = instantiate(config.datamodule)
    module = instantiate(config.module)
    check_crop(config.data.crop, module.objective, getattr(module, "discriminator", None))
    if fresh:
        started_from = initialise(module, config)
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
    """Return the configured strategy; ``auto`` on several devices uses no DDP wrapper under manual optimization."""
    several = config.trainer.devices not in (1, "1") or config.trainer.num_nodes > 1
    unwrapped = config.trainer.strategy == "auto" and several and not module.automatic_optimization
    return UnwrappedDDPStrategy() if unwrapped else config.trainer.strategy


def parts(group: DictConfig | None) -> list[Any]:
    """Instantiate a group of named parts, without those that are null."""
    return [part for part in (instantiate(group) or {}).values() if part is not None]
