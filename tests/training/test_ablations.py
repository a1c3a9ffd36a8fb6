"""Experiments of the papers: their columns differ in the intended keys only, and every job composes."""

from itertools import pairwise
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

import sr_lightning.train  # noqa: F401, registers the launcher of sweeps
from sr_lightning.cli.config import CONF, plain
from sr_lightning.sweeps.naming import overrides
from sr_lightning.training.wandb import flat
from sr_lightning.training.warm_start import first_stage, stage_key
from tests.support.configs import composed
from tests.support.runs import TINY, checkpoint, logged

COLUMNS = ("srgan", "no_bn", "before_activation", "ragan", "rrdb")
INTENDED = [
    {"norm._target_"},
    {"perceptual.layers"},
    {"gan._target_"},
    {"block._target_", "block.beta", "block.growth", "block.initialization"},
]
EXPERIMENTS = [path.stem for path in (CONF / "experiment").glob("*.yaml") if "sweeper" in path.read_text()]


def resolved(*words: str) -> dict[str, object]:
    """Return dotted key -> value of a configuration, without the groups that only repeat other keys."""
    composition = composed(*words)
    parts = ("objective", "module", "datamodule", "callbacks", "logger")
    config = {name: plain(composition[name]) for name in composition if name not in parts}
    config["perceptual"]["layers"] = str(config["perceptual"]["layers"])
    for name in ("block", "norm"):
        config["generator"].pop(name)
    config["block"].pop("norm")
    return dict(flat(config))


def differing_keys(one: dict[str, object], other: dict[str, object]) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key, "absent") != other.get(key, "absent")}


def column(name: str, scale: str = "paper", *words: str) -> tuple[str, ...]:
    return ("experiment=ablation_components", f"column={name}", f"experiment/scale={scale}", *words)


@pytest.mark.parametrize("scale", ["paper", "demo"])
def test_neighboring_columns_differ_in_the_intended_keys_only(scale):
    """At the paper's scale the network of the last column is deeper, too; demonstrations have one depth."""
    configs = [resolved(*column(name, scale)) for name in COLUMNS]
    for (before, after), intended in zip(pairwise(configs), INTENDED, strict=True):
        deeper = {"generator.depth"} if scale == "paper" and "block._target_" in intended else set()
        assert differing_keys(before, after) == intended | deeper


def test_the_last_column_is_esrgan_except_for_the_name_of_its_first_stage():
    words = resolved(*column("rrdb"))
    model = resolved("model=esrgan")
    assert differing_keys(words, model) == {"warm_start.model", "crops", "match_reference"}


@pytest.mark.parametrize("words", [[], ["match=params"]])
def test_columns_with_equal_generators_and_seeds_share_a_first_stage(photos, words):
    def key(name: str, *more: str) -> str:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("train", [*column(name, "demo"), *photos, *words, *more, "name=test"])
            stage = first_stage(config, compose)
            assert config.iterations / config.validate_every == stage.iterations / stage.validate_every == 4
            return stage_key(stage, compose)

    keys = [key(name) for name in COLUMNS]
    assert keys[1] == keys[2] == keys[3]
    assert len(set(keys)) == 3
    assert key("ragan", "seed=1") not in keys
    assert key("ragan", "generator.width=8") not in keys


def test_the_column_with_more_data_trains_on_another_folder():
    config = composed(*column("more_data"), "data=folder", "data.root=few", "more_data=many")
    assert config.data.train_files.root == "many"
    assert config.block._target_.endswith("RRDB")


@pytest.mark.parametrize("scale", ["paper", "demo"])
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_job_of_every_experiment_composes(experiment, scale):
    """Each value of each axis, with overrides that the command line may add."""
    words = [f"experiment={experiment}", f"experiment/scale={scale}", "seed=3", "data=folder", "data.root=photos"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        sweeper = compose("train", [*words, "name=test"], return_hydra_config=True).hydra.sweeper
        axes = overrides([], sweeper)
        assert axes
        for axis in axes:
            for value in axis.sweep_string_iterator():
                config = compose("train", [*words, f"{axis.get_key_element()}={value}", "name=test"])
                assert plain(config.module)["weights"]
                assert config.monitor.removeprefix("val/") in config.metrics
                assert (config.warm_start is None) or config.warm_start.iterations > 0


def test_one_command_runs_the_columns_of_an_experiment(command, photos, tmp_path, monkeypatch):
    """Columns with equal generators share a first stage; a finished sweep is not repeated."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    words = ["-m", "experiment=ablation_components", "experiment/scale=demo", *TINY, *photos, "discriminator.width=4",
             "iterations=1", "warm_start.iterations=1", "metrics=fidelity", "monitor=val/psnr_y", "sweep.name=columns",
             "column=no_bn,ragan"]  # fmt: skip
    command("train", *words)
    command("train", *words)
    table = (tmp_path / "runs" / "sweeps" / "columns" / "sweep.csv").read_text()
    assert table.count("finished before") == 2
    runs = sorted((tmp_path / "runs" / "sweeps" / "columns").glob("0*"))
    assert [checkpoint(run)["hyper_parameters"]["name"] for run in runs] == ["no_bn", "ragan"]
    origins = {checkpoint(run)["hyper_parameters"]["started_from"]["file"] for run in runs}
    assert len(origins) == len(list((tmp_path / "cache" / "warm_starts").glob("psnr-*"))) == 1


@pytest.mark.parametrize("model", ["srresnet_vgg22", "srgan"])
def test_demonstrations_of_srgans_table_need_no_download(train, model):
    """The feature network of the package replaces VGG22 and VGG54; a row without a discriminator has no start."""
    words = ["experiment=srgan_table1", "experiment/scale=demo", f"model={model}", *TINY, "discriminator.width=4"]
    folder = train("run", *words, "iterations=1", "validate_every=1", "init=null", "metrics=fidelity",
                   "monitor=val/psnr_y")  # fmt: skip
    assert sorted(logged(folder, "train/perceptual")) == [1]
    assert ("discriminator" in checkpoint(folder)["hyper_parameters"]["module"]) == (model == "srgan")
    assert checkpoint(folder)["hyper_parameters"]["weights"]["adversarial"] == 1e-3
