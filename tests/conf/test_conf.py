"""Every option of conf/ composes, and parts combine freely."""

from itertools import product

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from sr_lightning.cli.config import CONF
from sr_lightning.losses import Reconstruction
from tests.support.configs import composed, generator

OPTIONS = sorted((path.parent.name, path.stem) for path in CONF.glob("*/*.yaml"))


MODELS = [option for group, option in OPTIONS if group == "model"]


def targets(recipe):
    """Return every ``_target_`` of a nested configuration."""
    parts = recipe.values() if isinstance(recipe, dict) else recipe if isinstance(recipe, list) else []
    own = [recipe["_target_"]] if isinstance(recipe, dict) and "_target_" in recipe else []
    return own + [target for part in parts for target in targets(part)]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes_and_names_existing_classes(group, option):
    experiment = ["experiment=ablation_components"] if group == "column" else []
    config = composed(*experiment, f"{group}={option}")
    container = OmegaConf.to_container(config, resolve=False)
    names = [target for part in container.values() for target in targets(part)]
    assert names
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute), name


@pytest.mark.parametrize(
    ("norm", "block", "upsampler", "ends", "skip"),
    product(["batch", "none"], ["residual", "rrdb"], ["shuffle", "nearest"], ["plain", "srresnet", "rrdbnet"],
            ["none", "bicubic"]),
)  # fmt: skip
def test_parts_of_the_trunk_work_in_every_combination(norm, block, upsampler, ends, skip):
    words = [f"norm={norm}", f"block={block}", f"upsampler={upsampler}", f"ends={ends}", f"skip={skip}", "scale=2"]
    network = generator(*words)
    assert network(torch.rand(2, 3, 4, 5)).shape == (2, 3, 8, 10)
    has_norm = any("BatchNorm" in type(layer).__name__ for layer in network.modules())
    assert has_norm == (norm == "batch")


@pytest.mark.parametrize(
    ("option", "scale"), [("compact", 3), ("msrresnet", 4), ("unshuffled", 2), ("srcnn", 3), ("bicubic", 3)]
)
def test_other_generators_are_selected_by_one_word(option, scale):
    words = ["generator.width=4", "generator.depth=1"] if option in ("compact", "msrresnet", "unshuffled") else []
    network = instantiate(composed(f"generator={option}", f"scale={scale}", *words).generator)
    assert network(torch.rand(2, 3, 5, 4)).shape == (2, 3, scale * 5, scale * 4)
    assert getattr(network, "unshuffle", 1) == (2 if option == "unshuffled" else 1)


@pytest.mark.parametrize(("scale", "unshuffle"), [(1, 4), (2, 2), (3, 1), (4, 1), (8, 1)])
def test_the_real_models_have_the_layers_of_x4_at_smaller_scales(scale, unshuffle):
    """As published: x2plus has the parameter names of x4plus, and a wider first layer."""
    network = generator("model=real_esrgan", f"scale={scale}", "block.growth=4")
    assert network.scale == scale
    assert network.unshuffle == unshuffle
    assert network.head[0].in_channels == 3 * unshuffle**2
    assert network(torch.rand(1, 3, 5, 6)).shape == (1, 3, 5 * scale, 6 * scale)
    if scale in (1, 2):
        assert network.state_dict().keys() == generator("model=real_esrgan", "block.growth=4").state_dict().keys()


def test_another_generator_keeps_its_own_depth():
    """The depth of RRDBNet in a model does not apply to another generator."""
    depths = [composed("model=real_esrgan", *words).generator.depth for words in ([], ["generator=compact"])]
    assert depths == [23, 16]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("srcnn", {"parameters": 69_251, "lr": 1e-4, "crop": 96, "batch_size": 16, "loss": "MSELoss"}),
        ("srresnet", {"parameters": 1_549_462, "lr": 1e-4, "crop": 96, "batch_size": 16, "loss": "MSELoss"}),
        ("rrdb_psnr", {"parameters": 16_697_987, "lr": 2e-4, "crop": 128, "batch_size": 16, "loss": "L1Loss"}),
    ],
)
def test_presets_have_the_papers_settings(model, expected):
    config = composed(f"model={model}")
    network = instantiate(config.generator)
    actual = {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "lr": config.optimizer.lr,
        "crop": config.data.crop,
        "batch_size": config.data.batch_size,
        "loss": type(instantiate(config.objective)["pixel"]).__name__,
    }
    assert actual == expected
    assert config.iterations == 1_000_000
    assert config.optimizer.betas == [0.9, 0.999]
    assert network.scale == 4


def test_rrdb_psnr_halves_its_rate_as_the_paper_does():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=2e-4)
    schedule = instantiate(composed("model=rrdb_psnr").scheduler)(optimizer)
    assert dict(schedule.milestones) == {200_000: 1, 400_000: 1, 600_000: 1, 800_000: 1}
    assert schedule.gamma == 0.5


def test_one_word_changes_one_key():
    """Two columns of an ablation differ in the intended key only."""
    before, after = (OmegaConf.to_container(composed("model=srresnet", word)) for word in ("norm=batch", "norm=none"))
    assert [key for key in before if before[key] != after[key]] == ["norm"]


def test_custom_objectives_and_terms_are_accepted(train):
    """A custom term needs a weight like the others."""
    term = "+objective.color={_target_: torch.nn.MSELoss}"
    with pytest.raises(SystemExit, match=r"weights\.color: is not set"):
        train("unweighed", term)
    train(
        "own",
        "objective._target_=tests.conf.test_conf.CustomObjective",
        term,
        "pixel=none",
        "+weights.color=1",
        "iterations=1",
    )


class CustomObjective(Reconstruction):
    """An objective outside of the package."""
