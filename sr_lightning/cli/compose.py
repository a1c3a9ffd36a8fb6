"""Composition of configurations outside of a Hydra application."""

from collections.abc import Sequence

import hydra
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from sr_lightning.cli.config import CONF


def compose(config_name: str, overrides: Sequence[str] = ()) -> DictConfig:
    """Compose a configuration from the package's ``conf/``, as the commands do.

    Inside a block of ``hydra.initialize`` the configuration directory of that block is used.

    Args:
        config_name: file in ``conf/`` without its suffix, e.g. ``train``.
        overrides: as on the command line, e.g. ``["model=esrgan", "data.crop=64"]``.
    """
    if GlobalHydra.instance().is_initialized():
        return hydra.compose(config_name, list(overrides))
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(config_name, list(overrides))
