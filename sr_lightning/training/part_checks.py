"""Checks that the losses, their weights and the options of adversarial training fit the kind of training."""

import logging
from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig

from sr_lightning.cli.config import check_values, nonnegative_number
from sr_lightning.discriminators.protocol import smallest_size
from sr_lightning.errors import InputError
from sr_lightning.losses import Reconstruction

log = logging.getLogger(__name__)
RECONSTRUCTION = "sr_lightning.losses.Reconstruction"
ADVERSARIAL_OVERRIDES = (
    *("gan=", "gan.", "regularizer=", "regularizer.", "discriminator=", "discriminator.", "discriminator_"),
    "generator_start=",
)


def is_adversarial(config: DictConfig) -> bool:
    """Return True if the configuration trains against a discriminator."""
    return "discriminator" in config.module


def check_losses(config: DictConfig) -> None:
    """Reject losses without a weight, a perceptual loss without an objective that uses it, and an empty objective.

    The losses of an objective of another class are not known, and not checked.

    Raises:
        InputError: names the key.
    """
    losses = []
    if config.objective._target_ == RECONSTRUCTION:
        if config.perceptual is not None and "perceptual" not in config.objective:
            raise InputError(
                "perceptual: this model has no such loss; add objective=perceptual weights.perceptual=1, or set "
                "perceptual=none"
            )
        terms = {name: term for name, term in config.objective.items() if name not in ("_target_", "usm")}
        losses = [name for name, term in terms.items() if term is not None]
        if not losses and not is_adversarial(config):
            raise InputError("pixel: is the only loss of this model; set pixel=l1 or mse")
    if is_adversarial(config):
        losses += ["adversarial", "discriminator"]
    for name in losses:
        if config.weights.get(name) is None:
            raise InputError(f"weights.{name}: is not set; add weights.{name}=… for the {name} loss")
    check_values(config, {f"weights.{name}": nonnegative_number() for name in losses})


def check_adversarial_keys(config: DictConfig) -> None:
    """Reject options of adversarial training without a discriminator, and a DDP strategy with one.

    Raises:
        InputError: names the key.
    """
    if is_adversarial(config):
        if str(config.trainer.strategy).startswith("ddp"):
            raise InputError(
                f"trainer.strategy={config.trainer.strategy}: its wrapper cannot hold a generator and a discriminator; "
                "remove it, several devices work without"
            )
        return
    is_set = {
        "accumulate": config.accumulate != 1,
        "init_discriminator": config.init_discriminator is not None,
        **{f"clip.{network}": limit is not None for network, limit in config.clip.items()},
    }
    key = next((key for key, value in is_set.items() if value), None)
    if key is not None:
        raise InputError(f"{key}: works in adversarial training only; remove it, or set a model with a discriminator")


def warn_of_unused_overrides(config: DictConfig, overrides: Sequence[str]) -> None:
    """Warn of overrides that only adversarial training uses; not an error, as a sweep may set them for all its jobs."""
    if is_adversarial(config):
        return
    for override in overrides:
        if override.startswith(ADVERSARIAL_OVERRIDES):
            log.warning("%s: has no effect, this model has no discriminator; model=esrgan, srgan … have one", override)


def check_crop(crop: int, objective: Any, discriminator: Any = None) -> None:
    """Reject crops that are too small for the perceptual network or the discriminator.

    Args:
        crop: side of the HR crops, in pixels.
        objective: whose terms may have an attribute ``smallest``, the side of the smallest image that they accept.
        discriminator: may have this attribute, too.
    Raises:
        InputError: names the key and the smallest crop.
    """
    smallest = smallest_size(discriminator)
    if crop < smallest:
        raise InputError(
            f"data.crop={crop}: is too small for this discriminator, which needs images of at least "
            f"{smallest}x{smallest}; set data.crop={smallest} or more, or discriminator=vgg"
        )
    for name, term in objective.items() if isinstance(objective, Reconstruction) else ():
        smallest = getattr(term, "smallest", 1)
        if crop < smallest:
            raise InputError(
                f"data.crop={crop}: is too small for the {name} loss, whose deepest layer needs images of at least "
                f"{smallest}x{smallest}; set data.crop={smallest} or more, or take layers that are less deep"
            )
