"""The experiments of the papers: one word a column, and nothing else; networks of equal cost; what batch norm hides."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import yaml
from hydra import compose, initialize_config_dir
from torch import nn

import sr_lightning.train  # noqa: F401, the resolvers that conf/ uses
from sr_lightning.callbacks.batch_norm_gap import by_batch
from sr_lightning.cli.config import CONF, plain
from sr_lightning.errors import InputError
from sr_lightning.generators.complexity import parameters
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
    {"block._target_", "block.beta", "block.growth", "block.initialisation"},
]
EXPERIMENTS = [path.stem for path in (CONF / "experiment").glob("*.yaml") if "sweeper" in path.read_text()]


def resolved(*words: str) -> dict[str, object]:
    """Dotted key -> value of what a run is made of, without what merely contains a part that is a key of its own."""
    composition = composed(*words)
    parts = ("objective", "module", "datamodule", "callbacks", "logger")
    config = {name: plain(composition[name]) for name in composition if name not in parts}
    config["perceptual"]["layers"] = str(config["perceptual"]["layers"])
    for name in ("block", "norm"):
        config["generator"].pop(name)
    config["block"].pop("norm")
    return dict(flat(config))


def differing(one: dict[str, object], other: dict[str, object]) -> set[str]:
    return {key for key in one.keys() | other.keys() if one.get(key, "absent") != other.get(key, "absent")}


def column(name: str, scale: str = "paper", *words: str) -> tuple[str, ...]:
    return ("experiment=ablation_components", f"column={name}", f"experiment/scale={scale}", *words)


@pytest.mark.parametrize("scale", ["paper", "demo"])
def test_neighbouring_columns_differ_in_the_intended_keys_alone(scale):
    """The deeper network of the last one is deeper at the paper's scale; a demonstration has one depth."""
    configs = [resolved(*column(name, scale)) for name in COLUMNS]
    for (before, after), intended in zip(pairwise(configs), INTENDED, strict=True):
        deeper = {"generator.depth"} if scale == "paper" and "block._target_" in intended else set()
        assert differing(before, after) == intended | deeper


def test_the_last_column_is_esrgan():
    """But for the name of its first stage."""
    words = resolved(*column("rrdb"))
    model = resolved("model=esrgan")
    assert differing(words, model) == {"warm_start.model", "crops", "match_reference"}


@pytest.mark.parametrize("words", [[], ["match=params"]])
def test_columns_of_one_generator_share_a_first_stage(photos, words):
    """So it is trained once a seed; another generator, or another seed, has its own."""

    def key(name: str, *more: str) -> str:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("train", [*column(name, "demo"), *photos, *words, *more, "name=test"])
            stage = first_stage(config)
            assert config.iterations / config.validate_every == stage.iterations / stage.validate_every == 4
            return stage_key(stage)

    keys = [key(name) for name in COLUMNS]
    assert keys[1] == keys[2] == keys[3]
    assert len(set(keys)) == 3
    assert key("ragan", "seed=1") not in keys
    assert key("ragan", "generator.width=8") not in keys


def test_more_data_is_another_folder():
    config = composed(*column("more_data"), "data=folder", "data.root=few", "more_data=many")
    assert config.data.train_files.root == "many"
    assert config.block._target_.endswith("RRDB")


@pytest.mark.parametrize("scale", ["paper", "demo"])
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_job_of_every_experiment_composes(experiment, scale):
    """One value of each axis after the other, resolved, with the words that the command line may add."""
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


def test_every_experiment_is_one_command(command, photos, tmp_path, monkeypatch):
    """`-m experiment=NAME` runs the columns, each against its own first stage; a finished sweep is not repeated."""
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
def test_rows_of_srgans_table_need_no_download_as_a_demonstration(train, model):
    """The feature network of the package stands in for VGG22 and VGG54; a row without a discriminator has no start."""
    words = ["experiment=srgan_table1", "experiment/scale=demo", f"model={model}", *TINY, "discriminator.width=4"]
    folder = train("run", *words, "iterations=1", "validate_every=1", "init=null", "metrics=fidelity",
                   "monitor=val/psnr_y")  # fmt: skip
    assert sorted(logged(folder, "train/perceptual")) == [1]
    assert ("discriminator" in checkpoint(folder)["hyper_parameters"]["module"]) == (model == "srgan")
    assert checkpoint(folder)["hyper_parameters"]["weights"]["adversarial"] == 1e-3


# --- equal cost -------------------------------------------------------------------------------------------------------

MATCHED = ("experiment=ablation_grid", "norm=none", "perceptual=embedded", "gan=vanilla", "generator.width=8",
           "init=null", "discriminator.width=4", "generator.depth=2", "iterations=1", "metrics=fidelity",
           "monitor=val/psnr_y")  # fmt: skip


def recorded(folder: Path) -> dict:
    return yaml.safe_load((folder / ".hydra" / "config.yaml").read_text())


@pytest.mark.parametrize(("word", "cost"), [("params", "parameters"), ("macs", "multiply_adds")])
def test_blocks_are_compared_at_equal_cost(train, word, cost, capsys):
    """The residual network is as large as RRDB's; its depth is in the configuration, and found again by resume."""
    reference = train("rrdb", *MATCHED, "block=rrdb", f"match={word}")
    run = train("residual", *MATCHED, "block=residual", f"match={word}")
    wanted, found = (json.loads((path / "result.json").read_text())["costs"][cost] for path in (reference, run))
    depth = checkpoint(run)["hyper_parameters"]["generator"]["depth"]
    block = 2 * (9 * 8 * 8 + 8) + 1 if word == "params" else 2 * 9 * 8 * 8 * 8**2
    assert abs(found - wanted) <= block / 2
    assert depth > 4
    assert recorded(run)["generator"]["depth"] == depth
    assert recorded(reference)["generator"]["depth"] == 2
    again = train("residual", *MATCHED, "block=residual", f"match={word}", "resume=auto")
    assert recorded(again)["generator"]["depth"] == depth


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["match=size"], "match=size: must be one of null, params, macs"),
        (["match=params", "match_by=seed"], "match_by=seed: must be one of generator.depth"),
        (["match=params", "match_by=block.growth"], "match_by=block.growth: is not a whole number of this network"),
        (["match=params", "match_reference=['generator.width=4','generator.depth=1']"],
         r"match=params: generator.depth=1 gives 3,\d+ parameters, the reference has 1,\d+; set match_by to another"),
    ],
)  # fmt: skip
def test_what_cannot_be_matched_is_told(train, words, message):
    with pytest.raises(SystemExit, match=message):
        train("run", *MATCHED, "block=residual", *words)


def test_the_first_stage_is_of_the_matched_network(train, monkeypatch):
    """Before it is trained: the key of its folder comes of this very configuration."""
    stages = []

    def stop(stage, folder, lock):
        assert folder.name.endswith(stage_key(stage))
        stages.append(stage)
        raise InputError("seen")

    monkeypatch.setattr("sr_lightning.training.warm_start.run_stage", stop)
    words = [word for word in MATCHED if word != "init=null"]
    for more in ([], ["match=params"]):
        with pytest.raises(SystemExit, match="seen"):
            train("run", *words, "block=residual", *more)
    assert [stage.generator.depth > 4 for stage in stages] == [False, True]
    assert stage_key(stages[0]) != stage_key(stages[1])


# --- batch norm -------------------------------------------------------------------------------------------------------


def test_batch_statistics_are_those_of_training_and_are_not_collected():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    image = torch.rand(1, 3, 8, 8)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.eval()
    with torch.no_grad(), by_batch(network):
        found = network(image)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert not network[1].training
    torch.testing.assert_close(found, network.train()(image))
    assert parameters(network) == 3 * 4 * 9 + 4 + 8


@pytest.mark.parametrize(("norm", "differs"), [("batch", True), ("none", False)])
def test_the_gap_of_batch_norm_is_measured(train, norm, differs):
    """0 without batch norm, where both outputs are one; with it the two scores differ too."""
    folder = train("run", "experiment=bn_artifacts", "model=srresnet", f"norm={norm}", "metrics=fidelity")
    gap = logged(folder, "val/batch_statistics_gap")
    scores, trained = (logged(folder, f"val/{prefix}psnr_y") for prefix in ("", "batch_statistics_"))
    assert sorted(gap) == sorted(scores) == sorted(trained) == [2, 4]
    assert all((value > 0) == differs for value in gap.values())
    assert (scores != trained) == differs
