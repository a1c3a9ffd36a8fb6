"""Checks of the configuration before training, for values that no part rejects early or clearly."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning.pytorch.plugins.environments import SLURMEnvironment
from omegaconf import DictConfig, OmegaConf

from sr_lightning.cli.config import check_values, integer, nonnegative_number, one_of, positive_number
from sr_lightning.errors import InputError
from sr_lightning.losses import Reconstruction

log = logging.getLogger(__name__)
ADVERSARIAL = (
    *("gan=", "gan.", "regularizer=", "regularizer.", "discriminator=", "discriminator.", "discriminator_"),
    "generator_start=",
)
PRECISIONS = ("auto", "32-true", "32", "bf16-mixed", "16-mixed")  # images and losses are float32 in all of them
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
    "data.crop": integer(1),
    "data.batch_size": integer(1),
    "data.store": one_of(True, False),
    "trainer.precision": (lambda value: str(value) in PRECISIONS, "auto, 32-true, bf16-mixed or 16-mixed"),
    "callbacks.ema.validate_raw": one_of(True, False),
    "data.resident": one_of(True, False, "auto"),
}


def check(config: DictConfig) -> None:
    """Reject invalid values before training starts.

    Raises:
        InputError: names the key.
    """
    missing = next(missing_keys(OmegaConf.to_container(config, resolve=False)), None)
    if missing is not None:
        raise InputError(f"{missing}: is not set; add {missing}=…")
    check_values(config, EXPECTED)
    if config.init not in (None, "warm_start") and config.resume not in (None, "auto"):
        raise InputError("init and resume: give one of them; resume goes on with a run, init starts a new one")
    devices = config.trainer.devices
    if HydraConfig.get().mode == RunMode.MULTIRUN and devices not in (1, "1") and not SLURMEnvironment.detect():
        raise InputError(
            f"trainer.devices={devices}: this launcher runs jobs inside one process, and each device's process would "
            "start them all; leave hydra/launcher out, its default gives each job processes of its own"
        )
    on_cpu = config.trainer.accelerator == "cpu" or not torch.cuda.is_available()
    if on_cpu and isinstance(devices, int) and devices > (os.cpu_count() or 1):
        raise InputError(f"trainer.devices={devices}: this machine has {os.cpu_count()} CPU cores and no GPU in use")
    if config.discriminator_lr is not None:
        check_values(config, {"discriminator_lr": positive_number()})
        if "max_lr" in config.scheduler:
            raise InputError(
                "discriminator_lr: this schedule sets the learning rate of both; set scheduler=cosine or constant"
            )
    for player, limit in config.clip.items():
        if limit is not None:
            check_values(config, {f"clip.{player}": positive_number()})
    check_parts(config)
    if config.trainer.get("accumulate_grad_batches", 1) != 1:
        raise InputError("trainer.accumulate_grad_batches: would train the same crops again; leave it out")
    measured = [f"val/{name}" for name in config.metrics]
    if config.monitor not in measured:
        raise InputError(f"monitor={config.monitor}: not measured; there are {', '.join(measured)}")


def check_parts(config: DictConfig) -> None:
    """Reject losses without a weight or an objective, and options that do not apply to the kind of training.

    Raises:
        InputError: names the key.
    """
    ours = config.objective._target_ == "sr_lightning.losses.Reconstruction"  # of others the losses are not known
    if ours and config.perceptual is not None and "perceptual" not in config.objective:
        raise InputError(
            "perceptual: this model has no such loss; add objective=perceptual weights.perceptual=1, or set "
            "perceptual=none"
        )
    terms = {name: term for name, term in config.objective.items() if name not in ("_target_", "usm")}
    losses = [name for name, term in terms.items() if ours and term is not None]
    if "discriminator" in config.module:
        losses += ["adversarial", "discriminator"]
        if str(config.trainer.strategy).startswith("ddp"):
            raise InputError(
                f"trainer.strategy={config.trainer.strategy}: its wrapper cannot hold a generator and a discriminator; "
                "leave it out, several devices work without"
            )
    else:
        asked = {"accumulate": config.accumulate != 1}
        asked["init_discriminator"] = config.init_discriminator is not None
        asked |= {f"clip.{player}": limit is not None for player, limit in config.clip.items()}
        if any(asked.values()):
            key = next(key for key, wanted in asked.items() if wanted)
            raise InputError(f"{key}: works in adversarial training only, which this is not; leave it out")
        for word in HydraConfig.get().overrides.task:
            if word.startswith(ADVERSARIAL):  # a sweep may set it for all of its jobs
                log.warning("%s: does nothing, this model has no discriminator; model=esrgan, srgan … have one", word)
    if ours and not losses:
        raise InputError("pixel: is the only loss of this model; set pixel=l1 or mse")
    for name in losses:
        if config.weights.get(name) is None:
            raise InputError(f"weights.{name}: is not set; add weights.{name}=… for the {name} loss")
    check_values(config, {f"weights.{name}": nonnegative_number() for name in losses})


def check_crop(crop: int, objective: Any, discriminator: Any = None) -> None:
    """Reject crops that are too small for the perceptual network or the discriminator.

    Raises:
        InputError: names the key and the smallest crop.
    """
    least = getattr(discriminator, "smallest", 1)
    if crop < least:
        raise InputError(
            f"data.crop={crop}: is too small for this discriminator, which needs images of at least {least}x{least}; "
            f"set data.crop={least} or more, or discriminator=vgg"
        )
    for name, term in objective.items() if isinstance(objective, Reconstruction) else ():
        least = getattr(term, "smallest", 1)
        if crop < least:
            raise InputError(
                f"data.crop={crop}: is too small for the {name} loss, whose deepest layer needs images of at least "
                f"{least}x{least}; set data.crop={least} or more, or take layers that are less deep"
            )


def missing_keys(container: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of the values that are still ``???``."""
    if container == "???":
        yield prefix
    if isinstance(container, dict):
        for key, value in container.items():
            yield from missing_keys(value, f"{prefix}.{key}" if prefix else key)
