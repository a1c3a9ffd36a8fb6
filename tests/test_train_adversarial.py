"""The training command with a discriminator: first stage, resume, several devices."""

import pytest
import torch

from sr_lightning import image, weights
from tests.conftest import TINY
from tests.test_train import EXACT, assert_same, checkpoint, finished, logged

GAN = ("model=esrgan", "perceptual=embedded", "block.growth=4", "discriminator.width=4")


def test_resume_is_exact_for_both_players(train):
    """REQ-RES-1: both networks, both optimizers and both schedules go on as if nothing had been."""
    words = [*GAN, *EXACT, "init=null", "callbacks.checkpoints.every=3", "iterations=6"]
    whole = train("whole", *words)
    resumed = train("resumed", *words, f"resume={whole}/checkpoints/iteration-3.ckpt")
    assert len(checkpoint(whole)["optimizer_states"]) == len(checkpoint(whole)["lr_schedulers"]) == 2
    assert_same(checkpoint(whole), checkpoint(resumed))
    assert logged(resumed, "train/discriminator") == {
        step: value for step, value in logged(whole, "train/discriminator").items() if step > 3
    }


def test_checkpoints_hold_the_two_players_and_nothing_else(train):
    """No feature network of the perceptual loss, whose weights are neither trained nor the user's."""
    names = checkpoint(train("run", *GAN, "init=null"))["state_dict"]
    assert {name.split(".")[0] for name in names} == {"generator", "discriminator"}


@pytest.mark.parametrize(
    "words",
    [
        ["model=srgan", "perceptual=embedded"],
        ["model=srgan_mse"],
        ["model=esrgan", "perceptual=embedded", "block.growth=4", "discriminator=unet", "gan=hinge"],
        ["model=esrgan", "perceptual=none", "discriminator=patch", "gan=least_squares", "block=residual", "norm=batch"],
    ],
)
def test_every_system_trains(train, words):
    folder = train("run", *words, "init=null", "discriminator.width=4", "iterations=2")
    assert sorted(logged(folder, "train/adversarial")) == [1, 2]
    assert checkpoint(folder)["global_step"] == 2


def test_the_first_stage_is_trained_once_and_shared(train, tmp_path):
    """init=warm_start: the second run, another GAN loss, starts from the same weights without training them again."""
    words = [*GAN, "warm_start.iterations=3", "iterations=2"]
    first = train("first", *words)
    stages = list((tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*"))
    assert len(stages) == 1
    trained_at = (stages[0] / "checkpoints" / "last.ckpt").stat().st_mtime
    second = train("second", *words, "gan=vanilla")
    assert (stages[0] / "checkpoints" / "last.ckpt").stat().st_mtime == trained_at
    other = train("other", *words, "seed=1")
    assert len(list((tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*"))) == 2
    origins = [checkpoint(run)["hyper_parameters"]["started_from"] for run in (first, second, other)]
    assert origins[0] == origins[1] != origins[2]
    assert origins[0]["file"] == str(stages[0] / "checkpoints" / "last.ckpt")


def test_it_starts_from_the_average_of_the_first_stage(train, tmp_path):
    run = train("run", *GAN, "warm_start.iterations=3", "iterations=1", "optimizer.lr=1e-30")
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*/checkpoints/last.ckpt")
    for name, value in weights.generator_weights(weights.read(stage)).items():
        assert torch.equal(checkpoint(run)["state_dict"][f"generator.{name}"], value)


def test_a_resumed_run_still_tells_what_it_started_from(train):
    """In its checkpoints, and in the table at its end: bicubic, the first stage, the network."""
    words = [*GAN, *EXACT, "warm_start.iterations=2", "callbacks.checkpoints.every=2"]
    whole = train("whole", *words)
    resumed = train("resumed", *words, f"resume={whole}/checkpoints/iteration-2.ckpt")
    origins = [checkpoint(run)["hyper_parameters"]["started_from"] for run in (whole, resumed)]
    assert origins[0] == origins[1] is not None
    for run in (whole, resumed):  # LR and four versions of 288 pixels, beside the whole image
        assert image.size(run / "comparison.png")[1] > 5 * 288


@pytest.mark.parametrize("discriminator", ["vgg", "unet"])
def test_two_devices_train_what_one_device_trains(photos, process, tmp_path, discriminator):
    """REQ-DDP-2: relativistic means over the whole batch, averaged gradients, one folder.

    With plain gradient descent: Adam would blow up the rounding of gradients that are zero, as that of the last bias is
    under a relativistic loss.
    """
    descent = ["optimizer._target_=torch.optim.SGD", "~optimizer.betas", "optimizer.lr=0.1", "scheduler=constant"]
    common = [*TINY, *photos, *EXACT, *GAN, *descent, "init=null", f"discriminator={discriminator}", "iterations=2",
              "validate_every=2"]  # fmt: skip
    if discriminator == "vgg":
        common.append("discriminator.norm={_target_: torch.nn.Identity, _partial_: true}")
    for devices in (1, 2):
        finished(process(*common, f"trainer.devices={devices}", f"name=devices-{devices}"))
    (one,), (two,) = (tmp_path.glob(f"runs/devices-{devices}/*") for devices in (1, 2))
    for name, value in checkpoint(one)["state_dict"].items():
        torch.testing.assert_close(checkpoint(two)["state_dict"][name], value, rtol=0, atol=2e-5, msg=name)
