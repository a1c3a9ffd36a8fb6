"""Wrong settings end in one line before training starts."""

from pathlib import Path

import pytest

from tests.support import photographs


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
        (["~callbacks.checkpoints"], "callbacks.checkpoints: is required"),
        (["trainer.devices=1000"], "trainer.devices=1000: this machine has"),
        (["+trainer.accumulate_grad_batches=2"], "trainer.accumulate_grad_batches: "),
        (["trainer.max_epochs=1"], "trainer.max_epochs=1: has no effect; remove it and set iterations=N"),
        (["trainer.max_steps=7"], "trainer.max_steps=7: is not the number of iterations"),
        (
            ["+trainer.val_check_interval=7"],
            "trainer.val_check_interval=7: has no effect; remove it and set validate_e",
        ),
        (["+ckpt_path=nowhere"], "ckpt_path: is not a key of this command, so it has no effect; use resume=FILE"),
        (["iteration=5"], "iteration: is not a key of this command, so it has no effect; use iterations"),
        (["callbacks=null"], "callbacks=null: callbacks selects a file of conf/callbacks; set callbacks to one of def"),
        (["generator.channels=1"], "generator.channels=1: must be 3, since images are read as RGB"),
        (["init=epoch=1.ckpt"], "init=epoch=1.ckpt: contains characters with a meaning in overrides; quote the value"),
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


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model=resnet9000", "Could not find 'model/resnet9000' Available options in 'model': .*srresnet"),
        ("modle=srresnet", "modle: is not a key of this command, so it has no effect; use model"),
        ("optimiser.lr=1", "optimiser.lr: is not a key of this command, .*; use optimizer.lr=X"),
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
