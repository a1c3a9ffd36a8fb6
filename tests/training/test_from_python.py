"""Training from Python, without the command line and without Hydra's global state."""

import pytest
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from sr_lightning import training
from sr_lightning.errors import InputError
from sr_lightning.training.runner import for_folder
from tests.support.runs import EXACT, GAN, TINY, assert_same, checkpoint, logged

SHORT = (*TINY, *EXACT, "iterations=4", "validate_every=2")


@pytest.fixture(autouse=True)
def no_hydra(monkeypatch, tmp_path):
    """Remove the state of commands that other tests ran in this process, and leave the checkout's folder."""
    monkeypatch.setattr(HydraConfig.instance(), "cfg", None)
    GlobalHydra.instance().clear()
    monkeypatch.chdir(tmp_path)


def test_a_run_from_python_equals_that_of_the_command(train, photos, tmp_path):
    best = training.run(training.compose("train", [*SHORT, *photos]), tmp_path / "python")
    command = train("command", *SHORT)
    assert_same(checkpoint(tmp_path / "python"), checkpoint(command))
    assert best == max(logged(command, "val/psnr_y").values())
    values = (tmp_path / "python" / "validation" / "images.csv").read_text()
    assert values.replace("\npython,", "\nsrresnet,") == (command / "validation" / "images.csv").read_text()


def test_hydra_keeps_no_state_and_the_configuration_is_not_modified(photos, tmp_path):
    config = training.compose("train", [*SHORT, *photos, "name=mine"])
    before = OmegaConf.to_yaml(config)
    training.run(config, tmp_path / "run")
    assert OmegaConf.to_yaml(config) == before
    assert not HydraConfig.initialized()
    assert not GlobalHydra.instance().is_initialized()


def test_a_run_without_a_name_is_named_after_its_folder_and_resumes(photos, tmp_path):
    config = training.compose("train", [*SHORT, *photos])
    training.run(config, tmp_path / "undisturbed")
    config.callbacks.checkpoints.every = 3
    training.run(config, tmp_path / "photos")
    assert checkpoint(tmp_path / "photos")["hyper_parameters"]["name"] == "photos"
    recorded = OmegaConf.load(tmp_path / "photos" / ".hydra" / "config.yaml")
    assert (recorded.name, recorded.folder) == ("photos", None)
    for name in ("last", "best"):
        (tmp_path / "photos" / "checkpoints" / f"{name}.ckpt").unlink()
    config.resume = "auto"
    training.run(config, tmp_path / "photos")
    assert_same(checkpoint(tmp_path / "undisturbed"), checkpoint(tmp_path / "photos"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mine", "mine"),
        (None, "photos"),
        ("${hydra:runtime.choices.model}", "photos"),  # no application is running
        ("${unknown:}", "photos"),  # Hydra is not even imported
    ],
)
def test_a_run_has_its_name_or_that_of_its_folder(tmp_path, name, expected):
    assert for_folder(OmegaConf.create({"name": name}), tmp_path / "photos").name == expected


def test_the_saved_configuration_of_a_run_trains_it_again(train, photos, tmp_path):
    command = train("command", *SHORT)
    HydraConfig.instance().cfg = None
    training.run(OmegaConf.load(command / ".hydra" / "config.yaml"), tmp_path / "again")
    assert_same(checkpoint(command), checkpoint(tmp_path / "again"))


def test_a_first_stage_is_trained_and_shared_with_the_command(train, photos, tmp_path):
    words = [*GAN, "warm_start.iterations=2"]
    training.run(training.compose("train", [*SHORT, *photos, *words]), tmp_path / "python")
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*")
    written = (stage / "checkpoints" / "last.ckpt").stat().st_mtime_ns
    command = train("command", *SHORT, *words)
    assert (stage / "checkpoints" / "last.ckpt").stat().st_mtime_ns == written
    assert_same(checkpoint(tmp_path / "python"), checkpoint(command))


def test_matching_a_size_needs_the_overrides(photos, tmp_path):
    words = [*SHORT, *photos, "match=params", "match_by=generator.depth", "match_reference=['generator.depth=3']"]
    config = training.compose("train", words)
    with pytest.raises(InputError, match=r"match=params: needs the overrides of the configuration"):
        training.run(config, tmp_path / "run")
    training.run(config, tmp_path / "run", overrides=words)
    assert checkpoint(tmp_path / "run")["hyper_parameters"]["generator"]["depth"] == 3
    assert OmegaConf.load(tmp_path / "run" / ".hydra" / "config.yaml").generator.depth == 3
    assert config.generator.depth == 1


def test_the_folder_is_set_by_the_command(train):
    with pytest.raises(SystemExit, match=r"folder=mine: is set by the command; set hydra\.run\.dir=mine"):
        train("run", "folder=mine")
