"""Initial weights of a run: from a file, a published model or a first stage."""

import hashlib
import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from sr_lightning import weights
from sr_lightning.modules import Restorer

log = logging.getLogger(__name__)


def load_initial_weights(module: Restorer, config: DictConfig, first_stage: Path | None) -> dict[str, Any] | None:
    """Load the weights named by ``init`` and ``init_discriminator``; return the files and their SHA-256 hashes.

    Args:
        module: its networks are modified.
        config: of the run.
        first_stage: checkpoint of the first stage, for ``init=warm_start``.
    Returns:
        ``file`` and ``sha256`` of the generator's weights, and the same of the discriminator's below
        ``discriminator``; None for random weights.
    Raises:
        InputError: no such file, no connection, or weights of another network.
    """
    start: dict[str, Any] = {}
    if config.init_discriminator is not None:
        init = None if config.init == "warm_start" else config.init
        discriminator = weights.locate_discriminator(config.init_discriminator, init)
        weights.load_discriminator_into(module.discriminator, discriminator)  # type: ignore[arg-type]
        start["discriminator"] = file_and_hash(discriminator)
    generator = first_stage if config.init == "warm_start" else locate_generator(config)
    if generator is not None:
        weights.load_into(module.generator, generator)
        start |= file_and_hash(generator)
    return start or None


def locate_generator(config: DictConfig) -> Path | None:
    """Return the weights file that ``init`` names, downloaded if necessary; None for random weights."""
    if config.init is not None:
        return weights.locate(config.init)
    if config.warm_start is not None and config.stage == "adversarial":
        log.warning(
            "init=null: adversarial training from scratch rarely succeeds; init=warm_start trains a first stage"
        )
    return None


def file_and_hash(path: Path) -> dict[str, str]:
    """Return the path of a file and the SHA-256 hash of its content."""
    return {"file": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
