"""Initial weights of a run: from a file, a published model or a first stage."""

import hashlib
import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from sr_lightning import weights
from sr_lightning.modules import Restorer

log = logging.getLogger(__name__)


def load_initial_discriminator(module: Restorer, config: DictConfig) -> dict[str, Any]:
    """Load the weights named by ``init_discriminator``.

    Args:
        module: its discriminator is modified.
        config: of the run.
    Returns:
        ``file`` and ``sha256`` below ``discriminator``; empty for random weights.
    Raises:
        InputError: no such file, no connection, or weights of another network.
    """
    if config.init_discriminator is None:
        return {}
    init = None if config.init == "warm_start" else config.init
    file = weights.locate_discriminator(config.init_discriminator, init)
    weights.load_discriminator_into(module.discriminator, file)  # type: ignore[arg-type]
    return {"discriminator": file_and_hash(file)}


def load_initial_generator(module: Restorer, config: DictConfig, first_stage: Path | None) -> dict[str, Any]:
    """Load the weights named by ``init``.

    Args:
        module: its generator is modified.
        config: of the run.
        first_stage: checkpoint of the first stage, for ``init=warm_start``.
    Returns:
        ``file`` and ``sha256``; empty for random weights.
    Raises:
        InputError: no such file, no connection, or weights of another network.
    """
    file = first_stage if config.init == "warm_start" else locate_generator(config)
    if file is None:
        return {}
    weights.load_into(module.generator, file)
    return file_and_hash(file)


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
