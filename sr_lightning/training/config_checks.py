"""Checks of the configuration before training, for values that no part rejects early or clearly."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from sr_lightning.cli.config import check_values, integer, one_of, positive_number
from sr_lightning.cli.known_keys import check_known_keys
from sr_lightning.errors import InputError
from sr_lightning.training.part_checks import check_adversarial_keys, check_losses, warn_of_unused_overrides

PRECISIONS = ("auto", "32-true", "32", "bf16-mixed", "16-mixed")  # images and losses are float32 in all of them
RGB = (lambda value: value == 3, "3, since images are read as RGB")
SET_BY_THE_RUN = {
    "max_epochs": (-1, "iterations=N"),
    "min_epochs": (None, "iterations=N"),
    "min_steps": (None, "iterations=N"),
    "val_check_interval": (None, "validate_every=N"),
    "check_val_every_n_epoch": (None, "validate_every=N"),
    "callbacks": (None, "+callbacks.NAME={_target_: CLASS}"),
    "logger": (None, "logger=OPTION or +logger.NAME={_target_: CLASS}"),
    "plugins": (None, "another strategy, trainer.strategy=NAME"),
}
"""Keys of ``trainer`` that have no effect, their only accepted value, and what to set instead."""
EXPECTED = {
    "seed": integer(0),
    "scale": integer(1),
    "iterations": integer(1),
    "validate_every": integer(1),
    "log_every": integer(1),
    "accumulate": integer(1),
    "discriminator_start": integer(0),
    "discriminator_every": integer(1),
    "generator_start": integer(0),
    "nonfinite_limit": integer(1),
    "match": one_of(None, "params", "macs"),
    "match_by": one_of("generator.depth", "generator.width", "block.growth"),
    "compile": one_of(True, False),
    "channels_last": one_of(True, False),
    "optimizer.lr": positive_number(),
    "generator.width": integer(1),
    "generator.depth": integer(1),
    **{f"{network}.{key}": RGB for network in ("generator", "discriminator") for key in ("channels", "channels_out")},
    "data.crop": integer(1),
    "data.batch_size": integer(1),
    "data.store": one_of(True, False),
    "trainer.precision": (lambda value: str(value) in PRECISIONS, "auto, 32-true, bf16-mixed or 16-mixed"),
    "callbacks.ema.validate_raw": one_of(True, False),
    "data.resident": one_of(True, False, "auto"),
}
"""Checks of single values."""


def check(config: DictConfig, overrides: Sequence[str] = ()) -> None:
    """Reject invalid values before training starts; warn of overrides that have no effect.

    Args:
        config: of the run.
        overrides: of the command line.
    Raises:
        InputError: names the key.
    """
    check_known_keys(config, "train")
    check_nothing_is_missing(config)
    check_values(config, EXPECTED)
    for check_keys in CHECKS:
        check_keys(config)
    warn_of_unused_overrides(config, overrides)


def check_nothing_is_missing(config: DictConfig) -> None:
    """Reject a configuration with a mandatory value that is not set."""
    missing = next(missing_keys(OmegaConf.to_container(config, resolve=False)), None)
    if missing is not None:
        raise InputError(f"{missing}: is not set; add {missing}=…")


def missing_keys(container: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of the values that are still ``???``."""
    if container == "???":
        yield prefix
    if isinstance(container, dict):
        for key, value in container.items():
            yield from missing_keys(value, f"{prefix}.{key}" if prefix else key)


def check_initial_weights(config: DictConfig) -> None:
    """Reject initial weights for a run that resumes from a checkpoint."""
    if config.init not in (None, "warm_start") and config.resume not in (None, "auto"):
        raise InputError("init and resume: set only one of them; resume continues a run, init starts a new one")


def check_devices(config: DictConfig) -> None:
    """Reject more CPU processes than cores."""
    devices = config.trainer.devices
    on_cpu = config.trainer.accelerator == "cpu" or not torch.cuda.is_available()
    if on_cpu and isinstance(devices, int) and devices > (os.cpu_count() or 1):
        raise InputError(f"trainer.devices={devices}: this machine has {os.cpu_count()} CPU cores and no GPU in use")


def check_discriminator_rate(config: DictConfig) -> None:
    """Reject a learning rate of the discriminator that is invalid or that the schedule would replace."""
    if config.discriminator_lr is None:
        return
    check_values(config, {"discriminator_lr": positive_number()})
    if "max_lr" in config.scheduler:
        raise InputError(
            "discriminator_lr: this schedule sets the learning rates of both networks; "
            "set scheduler=cosine or scheduler=constant"
        )


def check_clipping(config: DictConfig) -> None:
    """Reject invalid limits of the gradient norms."""
    limits = [name for name, limit in config.clip.items() if limit is not None]
    check_values(config, {f"clip.{name}": positive_number() for name in limits})


def check_accumulation(config: DictConfig) -> None:
    """Reject Lightning's gradient accumulation, whose steps would not count as iterations."""
    if config.trainer.get("accumulate_grad_batches", 1) != 1:
        raise InputError("trainer.accumulate_grad_batches: would train the same crops again; remove it")


def check_trainer(config: DictConfig) -> None:
    """Reject settings of the trainer that the run sets itself, which would have no effect."""
    for key, (value, instead) in SET_BY_THE_RUN.items():
        if config.trainer.get(key, value) != value:
            raise InputError(f"trainer.{key}={config.trainer[key]}: has no effect; remove it and set {instead}")
    if config.trainer.max_steps != config.iterations:
        raise InputError(
            f"trainer.max_steps={config.trainer.max_steps}: is not the number of iterations, {config.iterations}; "
            "remove it and set iterations=N"
        )


def check_monitor(config: DictConfig) -> None:
    """Reject a monitored metric that is not measured."""
    measured = [f"val/{name}" for name in config.metrics]
    if config.monitor not in measured:
        raise InputError(f"monitor={config.monitor}: not measured; there are {', '.join(measured)}")


CHECKS: tuple[Callable[[DictConfig], None], ...] = (
    check_initial_weights,
    check_devices,
    check_discriminator_rate,
    check_clipping,
    check_losses,
    check_adversarial_keys,
    check_accumulation,
    check_trainer,
    check_monitor,
)
"""Checks of values that depend on each other or on the machine, in the order in which they are reported."""
