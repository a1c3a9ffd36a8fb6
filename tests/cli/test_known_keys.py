"""Keys that no part of the program reads are rejected; all others are accepted."""

import pytest
from omegaconf import OmegaConf

from sr_lightning.cli.compose import compose
from sr_lightning.cli.config import CONF
from sr_lightning.cli.known_keys import check_known_keys, known_keys, nearest_key
from sr_lightning.errors import InputError


@pytest.mark.parametrize("primary", ["train", "evaluate", "degrade"])
def test_all_packaged_options_have_known_keys_only(primary):
    required = {"train": ["model=esrgan"], "evaluate": ["checkpoint=bicubic", "benchmarks=[Set5]"], "degrade": []}
    check_known_keys(compose(primary, required[primary]), primary)


@pytest.mark.parametrize("group", ["model", "experiment", "data", "degradation", "logger", "scheduler"])
def test_each_option_of_a_group_has_known_keys_only(group):
    for path in sorted((CONF / group).glob("*.yaml")):
        check_known_keys(compose("train", [f"{group}={path.stem}"]), "train")


@pytest.mark.parametrize("prefix", ["+", "++"])
@pytest.mark.parametrize(
    ("override", "nearest"),
    [
        ("ckpt_path=/nowhere", "resume=FILE"),
        ("max_epochs=3", "iterations=N"),
        ("verbosity=3", None),
        ("iteration=5", "iterations"),
        ("batch_size=8", "data.batch_size"),
        ("data.corp=64", "data.crop"),
        ("data.num_workers=4", "data.workers=N"),
        ("sweep.nam=x", "sweep.name"),
        ("usm.pixels=true", "usm.pixel"),
        ("optimizer_lr=1", "optimizer.lr"),
        ("new={a: 1}", None),
    ],
)
def test_an_added_key_is_refused_with_the_nearest_known_one(prefix, override, nearest):
    key = override.partition("=")[0]
    with pytest.raises(InputError, match=rf"^{key}: is not a key .*{nearest or 'remove it'}"):
        check_known_keys(compose("train", [f"{prefix}{override}"]), "train")


@pytest.mark.parametrize(
    "overrides",
    [
        ["+trainer.limit_val_batches=1"],
        ["+callbacks.mine={_target_: lightning.Callback}"],
        ["+logger.mine={_target_: lightning.pytorch.loggers.CSVLogger, save_dir: x}"],
        ["+generator.growth=2"],  # checked by the constructor
        ["+metrics.mine={_target_: torchmetrics.MeanMetric}"],
        ["+objective.color={_target_: torch.nn.MSELoss}", "+weights.color=1"],
        ["+sizes=[1,2]", "trainer.devices='${oc.select:sizes.${seed}}'"],
        ["+width=8", "generator.width='${width}'"],
    ],
)
def test_keys_that_are_read_may_be_added(overrides):
    check_known_keys(compose("train", overrides), "train")


def test_a_misspelled_key_of_a_file_is_refused():
    """A user's configuration file may define any key."""
    config = OmegaConf.merge(compose("train", []), {})
    OmegaConf.set_struct(config, False)
    config.itterations = 5
    with pytest.raises(InputError, match=r"itterations: is not a key .* use iterations"):
        check_known_keys(config, "train")


def test_each_known_key_is_its_own_nearest_key():
    for primary in ("train", "evaluate", "degrade"):
        for key in known_keys(primary):
            if "." not in key:
                assert nearest_key(f"{key}x", primary) is not None
