"""Generators of equal cost."""

import json
from pathlib import Path

import pytest
import yaml

from sr_lightning.cli.compose import compose
from sr_lightning.errors import InputError
from sr_lightning.training.run_folder import create_unique
from sr_lightning.training.size_matching import match_size
from sr_lightning.training.warm_start import stage_key
from tests.support.configs import composed
from tests.support.runs import TINY, checkpoint

MATCHED = ("experiment=ablation_grid", "norm=none", "perceptual=embedded", "gan=vanilla", "generator.width=8",
           "init=null", "discriminator.width=4", "generator.depth=2", "iterations=1", "metrics=fidelity",
           "monitor=val/psnr_y")  # fmt: skip


def saved_config(folder: Path) -> dict:
    return yaml.safe_load((folder / ".hydra" / "config.yaml").read_text())


@pytest.mark.parametrize(("word", "cost"), [("params", "parameters"), ("macs", "multiply_adds")])
def test_blocks_are_compared_at_equal_cost(train, word, cost, capsys):
    """The residual network costs as much as RRDB's; its depth is in the saved configuration, and the run resumes."""
    reference = train("rrdb", *MATCHED, "block=rrdb", f"match={word}")
    run = train("residual", *MATCHED, "block=residual", f"match={word}")
    target, cost_of_run = (json.loads((path / "result.json").read_text())["costs"][cost] for path in (reference, run))
    depth = checkpoint(run)["hyper_parameters"]["generator"]["depth"]
    block = 2 * (9 * 8 * 8 + 8) + 1 if word == "params" else 2 * 9 * 8 * 8 * 8**2
    assert abs(cost_of_run - target) <= block / 2
    assert depth > 4
    assert saved_config(run)["generator"]["depth"] == depth
    assert saved_config(reference)["generator"]["depth"] == 2
    again = train("residual", *MATCHED, "block=residual", f"match={word}", "resume=auto")
    assert saved_config(again)["generator"]["depth"] == depth


def test_resume_auto_finds_the_folder_of_a_matched_run(command, photos, tmp_path):
    words = [*TINY, *photos, *MATCHED, "name=${hydra:runtime.choices.block}", "block=residual", "match=params"]
    for _ in range(2):
        create_unique.cache_clear()  # as in a new process
        command("train", *words, "resume=auto")
    assert len(list((tmp_path / "runs" / "residual").iterdir())) == 1


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
def test_an_impossible_match_is_rejected(train, words, message):
    with pytest.raises(SystemExit, match=message):
        train("run", *MATCHED, "block=residual", *words)


def test_matching_maps_a_configuration_to_a_configuration():
    """The argument is not modified, and only the size differs."""
    words = [*MATCHED, "block=residual", "match=params"]
    config = composed(*words)
    matched = match_size(config, composed(*words, *config.match_reference))
    assert config == composed(*words)
    assert matched.generator.depth > config.generator.depth
    matched.generator.depth = config.generator.depth
    assert matched == config


def test_the_first_stage_trains_the_matched_generator(train, monkeypatch):
    """Its cache folder is named by the configuration that it trains."""
    stages = []

    def stop(stage, folder, *_):
        assert folder.name.endswith(stage_key(stage, compose))
        stages.append(stage)
        raise InputError("seen")

    monkeypatch.setattr("sr_lightning.training.warm_start.run_stage", stop)
    words = [word for word in MATCHED if word != "init=null"]
    for more in ([], ["match=params"]):
        with pytest.raises(SystemExit, match="seen"):
            train("run", *words, "block=residual", *more)
    assert [stage.generator.depth > 4 for stage in stages] == [False, True]
    assert stage_key(stages[0], compose) != stage_key(stages[1], compose)
