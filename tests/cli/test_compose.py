"""Composition of configurations outside of a command."""

import hydra
import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException

from sr_lightning.cli.compose import compose


def test_overrides_select_options_and_set_values():
    config = compose("train", ["model=esrgan", "data.crop=64", "name=test"])
    assert config.block._target_.endswith("RRDB")
    assert config.data.crop == 64


def test_an_unknown_key_is_rejected():
    with pytest.raises(HydraException, match=r"Could not override 'data\.corp'"):
        compose("train", ["data.corp=64"])


def test_a_surrounding_configuration_directory_is_not_changed(tmp_path):
    """For example that of a program which composes configurations of its own."""
    (tmp_path / "program.yaml").write_text("answer: 42\n")
    with hydra.initialize_config_dir(str(tmp_path), version_base="1.3"):
        assert compose("evaluate", []).kind == "ema"
        assert hydra.compose("program").answer == 42
    assert not GlobalHydra.instance().is_initialized()
