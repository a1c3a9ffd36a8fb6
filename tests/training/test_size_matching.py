"""Networks of equal cost."""

import json
from pathlib import Path

import pytest
import yaml

import sr_lightning.train  # noqa: F401, the resolvers that conf/ uses
from sr_lightning.cli.compose import compose
from sr_lightning.errors import InputError
from sr_lightning.training.warm_start import stage_key
from tests.support.runs import checkpoint

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
