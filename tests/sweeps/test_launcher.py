"""Launchers and other programs that start the jobs of a sweep."""

from pathlib import Path

import pytest
import yaml
from hydra import compose, initialize_config_dir
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

import sr_lightning.train  # noqa: F401, registers the launcher
from sr_lightning.cli.config import CONF
from tests.support.configs import composed


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("hydra.launcher.jobs=0", "hydra.launcher.jobs=0: must be a whole number of at least 1"),
        ("hydra.launcher.devices=[99]", "there is no GPU 99"),
        ("sweep.name=../up", "sweep.name=../up: must be a plain name"),
        ("norm=none,mild", "Could not find 'norm/mild'"),
        (
            ("hydra/launcher=basic", "trainer.devices=2"),
            "trainer.devices=2: this launcher runs jobs inside one process",
        ),
    ],
)
def test_an_invalid_sweep_is_rejected_before_the_first_job(command, tmp_path, setting, message):
    with pytest.raises(SystemExit) as error:
        command("train", "-m", "seed=0,1", *([setting] if isinstance(setting, str) else setting))
    assert message in str(error.value)
    assert not list(tmp_path.rglob("job.json"))


@pytest.mark.parametrize("launcher", ["processes", "basic", "submitit_slurm", "submitit_local"])
def test_launchers_compose(launcher):
    if "submitit" in launcher:
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", [f"hydra/launcher={launcher}", "name=test"], return_hydra_config=True)
    name = {"processes": "Processes", "basic": "BasicLauncher"}.get(launcher, "Launcher")
    assert config.hydra.launcher._target_.endswith(name)


@pytest.mark.parametrize("name", ["wandb_sweep", "wandb_ablation"])
def test_examples_of_wandb_sweeps_give_commands_that_compose(name):
    example = yaml.safe_load((Path(__file__).parents[2] / "notebooks" / f"{name}.yaml").read_text())
    values = {name: {"value": part["values"][0] if "values" in part else part["min"]}
              for name, part in example["parameters"].items()}  # fmt: skip
    words = create_sweep_command_args({"args": values})["args_no_hyphens"]
    assert create_sweep_command(list(example["command"]))[-1] == "${args_no_hyphens}"
    config = composed(*(word for word in example["command"] if "=" in word), *words)
    assert example["metric"]["name"] == config.monitor
    assert "wandb" in config.logger
