"""Every option of conf/ composes, parts combine freely, and wrong settings end in one line."""

from itertools import product
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from sr_lightning.cli.config import CONF
from sr_lightning.losses import Reconstruction
from tests.support import photographs
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


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model=srresnet", "scale=5", "datamodule.crop=40"], "scale must be one of 1, 2, 3, 4, 8, got 5"),
        (["data.crop=30"], "data.crop=30: must be a multiple of scale=4, e.g. data.crop=28"),
        (["data=folder"], "data.root: is not set; add data.root="),
        (["data=folder", "data.root=nowhere"], "nowhere"),
        (["iterations=0"], "iterations=0: must be a whole number of at least 1"),
        (["iterations=abc"], "iterations=abc: must be a whole number"),
        (["seed=-1"], "seed=-1: must be a whole number of at least 0"),
        (["seed=null"], "seed=null: must be"),
        (["scale=4.0"], "scale=4.0: must be a whole number"),
        (["compile=maybe"], "compile=maybe: must be one of true, false"),
        (["optimizer.lr=abc"], "optimizer.lr=abc: must be a number above 0"),
        (["generator.depth=0"], "generator.depth=0: must be"),
        (["data.batch_size=abc"], "data.batch_size=abc: must be"),
        (["data.resident=maybe"], "data.resident=maybe: must be one of true, false, auto"),
        (["data.workers=-1"], "data.workers=-1: must be null or a whole number"),
        (["data.cache=/proc/nowhere"], "data.cache=/proc/nowhere: cannot be created"),
        (["name=../escape"], "name=../escape: must be a plain name"),
        (["~callbacks.checkpoints"], "callbacks.checkpoints: is needed"),
        (["trainer.devices=1000"], "trainer.devices=1000: this machine has"),
        (["+trainer.accumulate_grad_batches=2"], "trainer.accumulate_grad_batches: "),
        (["trainer.accelerator=gpu"], "trainer: No supported gpu backend found!"),
        (["trainer.devices=0"], "devices"),
        (["init=nowhere.ckpt"], "nowhere.ckpt: no such file"),
        (["resume=nowhere.ckpt"], "nowhere.ckpt: no such file"),
        (["callbacks.ema.decay=2"], "callbacks.ema: decay must be in [0, 1), got 2"),
        (["monitor=val/beauty", "iterations=1"], "monitor=val/beauty: not measured; there are val/psnr_y, val/ssim_y"),
        (["trainer.precision=bf17"], "trainer.precision=bf17: must be auto, 32-true, bf16-mixed or 16-mixed"),
        (["trainer.precision=bf16-true"], "trainer.precision=bf16-true: must be auto, 32-true,"),
        (["nonfinite_limit=0"], "nonfinite_limit=0: must be a whole number of at least 1"),
        (["discriminator_start=-1"], "discriminator_start=-1: must be a whole number of at least 0"),
        (["discriminator_every=0"], "discriminator_every=0: must be a whole number of at least 1"),
        (["generator_start=-1"], "generator_start=-1: must be a whole number of at least 0"),
        (["accumulate=abc"], "accumulate=abc: must be a whole number of at least 1"),
        (["accumulate=2"], "accumulate: works in adversarial training only"),
        (["clip.generator=1"], "clip.generator: works in adversarial training only"),
        (["clip.discriminator=-1"], "clip.discriminator=-1: must be a number above 0"),
        (["perceptual=embedded"], "perceptual: this model has no such loss; add objective=perceptual"),
        (["weights.pixel=abc"], "weights.pixel=abc: must be a number of at least 0"),
        (["weights.pixel=-1"], "weights.pixel=-1: must be a number of at least 0"),
        (["pixel=none"], "pixel: is the only loss of this model; set pixel=l1 or mse"),
        (["objective=perceptual", "perceptual=embedded"], "weights.perceptual: is not set; add weights.perceptual="),
        (["model=srgan_mse", "trainer.strategy=ddp_find_unused_parameters_true"], "trainer.strategy=ddp_find_unused_"),
        (["discriminator_lr=0"], "discriminator_lr=0: must be a number above 0"),
        (["discriminator_lr=1e-4", "scheduler=one_cycle"], "discriminator_lr: this schedule sets"),
        (["callbacks.ema.validate_raw=maybe"], "callbacks.ema.validate_raw=maybe: must be one of true, false"),
    ],
)
def test_wrong_settings_end_in_one_line(command, photos, overrides, message):
    quick = ["generator.width=4", "generator.depth=1", "iterations=1", "data.batch_size=2", "trainer.accelerator=cpu"]
    if not any(word.startswith("data") for word in overrides):
        quick += [*photos, "data.crop=32"]
    with pytest.raises(SystemExit) as error:
        command("train", *quick, *overrides)
    assert message in str(error.value)
    assert str(error.value).startswith("error: ")
    assert "\n" not in str(error.value)


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


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=resnet9000", "Could not find 'model/resnet9000' Available options in 'model': .*srresnet"),
        ("modle=srresnet", "Could not override 'modle'"),
        ("optimiser.lr=1", "Could not override 'optimiser.lr'"),
        ("model=", "no viable|Could not|model"),
    ],
)
def test_unknown_groups_and_keys_are_errors(command, override, message):
    with pytest.raises(SystemExit, match=message) as error:
        command("train", override)
    assert "\n" not in str(error.value)


def test_the_error_names_an_image_smaller_than_the_crop(command, photos, tmp_path):
    photographs.save(tmp_path / "train" / "small.png", 20, 90)
    with pytest.raises(SystemExit, match=r"small\.png: 90x20 pixels are less than data\.crop=32; .*data\.crop=20"):
        command("train", *photos, "data.crop=32", f"hydra.run.dir={tmp_path / 'run'}")


@pytest.mark.parametrize("store", ["true", "false"])
def test_the_error_names_a_damaged_training_image(train, tmp_path, store):
    """With and without a store, and from a worker process."""
    bad = Path(tmp_path / "train" / "02.png")
    bad.write_bytes(bad.read_bytes()[:2000])
    with pytest.raises(SystemExit) as error:
        train("run", "data.batch_size=8", f"data.store={store}", "iterations=1", "data.workers=1")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"error: {bad}: cannot be decoded")


def test_bad_validation_images_are_errors_before_training(train, tmp_path):
    """A damaged file, and one that is too small for a metric."""
    tiny = photographs.save(tmp_path / "validation" / "tiny.png", 16, 90)
    with pytest.raises(SystemExit, match=r"tiny\.png: cannot be measured by ssim_y: .* 80x8 after a border of 4"):
        train("tiny")
    tiny.write_bytes(tiny.read_bytes()[:300])
    with pytest.raises(SystemExit, match=r"tiny\.png: cannot be decoded"):
        train("damaged")
    assert not list(tmp_path.rglob("*.ckpt"))
