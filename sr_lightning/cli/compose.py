"""Composition of configurations outside of a Hydra command."""

from collections.abc import Callable

import hydra
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from sr_lightning.cli.config import CONF

Compose = Callable[[str, list[str]], DictConfig]
"""Maps the name of a primary configuration and overrides to a configuration, as ``hydra.compose`` does."""


def compose(config_name: str, overrides: list[str]) -> DictConfig:
    """Compose a configuration from the package's ``conf/``, as the commands do.

    Inside of a command or of ``hydra.initialize``, the surrounding configuration directory is neither used nor changed.

    Args:
        config_name: file in ``conf/`` without its suffix: ``train``, ``evaluate`` or ``degrade``.
        overrides: as on the command line, e.g. ``["model=esrgan", "data.crop=64"]``.
    Raises:
        hydra.errors.HydraException: an unknown group, option or key.
    """
    surrounding = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return hydra.compose(config_name, list(overrides))
    finally:
        GlobalHydra.instance().hydra = surrounding
