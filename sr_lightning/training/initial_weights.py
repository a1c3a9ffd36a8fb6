"""Initial weights: from a file, a published model or a first stage."""

import hashlib
import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from sr_lightning import weights
from sr_lightning.modules import Restorer
from sr_lightning.training.warm_start import warm_start

log = logging.getLogger(__name__)


def initialise(module: Restorer, config: DictConfig) -> dict[str, Any] | None:
    """Load the weights named by ``init`` and ``init_discriminator``; return the files and their hashes.

    A missing first stage is trained here, after all checks.

    Raises:
        InputError: no such file, no connection, or weights of another network.
    """
    start: dict[str, Any] = {}
    if config.init_discriminator is not None:
        init = None if config.init == "warm_start" else config.init
        discriminator = weights.locate_discriminator(config.init_discriminator, init)
        weights.load_discriminator_into(module.discriminator, discriminator)  # type: ignore[arg-type]
        start["discriminator"] = origin(discriminator)
    generator = starting_weights(config)
    if generator is not None:
        weights.load_into(module.generator, generator)
        start |= origin(generator)
    return start or None


def starting_weights(config: DictConfig) -> Path | None:
    """Return the file of the generator's initial weights, or None."""
    if config.init == "warm_start":
        return warm_start(config)
    if config.init is None and config.warm_start is not None and config.stage == "adversarial":
        log.warning(
            "init=null: adversarial training from scratch rarely succeeds; init=warm_start trains a start first"
        )
    return None if config.init is None else weights.locate(config.init)


def origin(path: Path) -> dict[str, str]:
    """Return a file and the hash of its content."""
    return {"file": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
