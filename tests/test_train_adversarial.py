"""The training command with a discriminator: first stage, resume, several devices."""

import os
import signal
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from sr_lightning import image, tensor_files, weights
from sr_lightning.export import export
from tests.conftest import TINY
from tests.test_train import EXACT, assert_same, checkpoint, finished, logged

GAN = ("model=esrgan", "perceptual=embedded", "block.growth=4", "discriminator.width=4", "metrics=fidelity",
       "monitor=val/psnr_y")  # fmt: skip


@pytest.mark.parametrize(("start", "waits"), [(0, "discriminator"), (4, "discriminator"), (4, "generator")])
def test_resume_is_exact_for_both_players(train, start, waits):
    """REQ-RES-1: both networks, both optimizers and both schedules go on as if nothing had been.

    Also where one player starts only after the checkpoint.
    """
    words = [*GAN, *EXACT, "init=null", "callbacks.checkpoints.every=3", "iterations=6", f"{waits}_start={start}"]
    whole = train("whole", *words)
    resumed = train("resumed", *words, f"resume={whole}/checkpoints/iteration-3.ckpt")
    assert len(checkpoint(whole)["optimizer_states"]) == len(checkpoint(whole)["lr_schedulers"]) == 2
    assert_same(checkpoint(whole), checkpoint(resumed))
    assert logged(resumed, "train/discriminator") == {
        step: value for step, value in logged(whole, "train/discriminator").items() if step > 3
    }
    alone = "train/discriminator" if waits == "discriminator" else "train/pixel"
    assert min(logged(whole, alone)) == start + 1


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
    folder = train("run", *words, *GAN[3:], "init=null", "iterations=2")
    assert sorted(logged(folder, "train/adversarial")) == [1, 2]
    assert checkpoint(folder)["global_step"] == 2


def test_a_crop_too_small_for_the_perceptual_loss_is_refused_before_the_first_stage(train, tmp_path):
    """VGG to conv3_3 halves an image twice."""
    told = "data.crop=2: is too small for the perceptual loss, whose deepest layer needs images of at least 4x4"
    with pytest.raises(SystemExit, match=told):
        train("run", *GAN, "scale=2", "data.crop=2")
    assert not (tmp_path / "cache" / "warm_starts").exists()


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


def test_a_first_stage_has_a_first_stage(train, tmp_path):
    """RRDB on bicubic low resolution, then Real-ESRNet on degraded, then Real-ESRGAN; another GAN finds both again."""
    deeper = "warm_start.overrides=['warm_start.iterations=2','warm_start.own=[degradation]']"
    words = ["model=real_esrgan", *GAN[1:], "warm_start.iterations=2", deeper, "iterations=1"]
    run = train("run", *words)
    (first,), (second,) = (tmp_path.glob(f"cache/warm_starts/{name}-*") for name in ("rrdb_psnr", "real_esrnet"))
    settings = [checkpoint(stage)["hyper_parameters"] for stage in (first, second, run)]
    targets = [found["degradation"]["_target_"].rpartition(".")[2] for found in settings]
    assert targets == ["Bicubic", "RandomDegradation", "RandomDegradation"]
    assert [found["usm"]["pixel"] for found in settings] == [False, True, True]
    origins = [found["started_from"] and found["started_from"]["file"] for found in settings]
    assert origins == [None, *(str(stage / "checkpoints" / "last.ckpt") for stage in (first, second))]
    times = {stage: (stage / "checkpoints" / "last.ckpt").stat().st_mtime for stage in (first, second)}
    train("other", *words, "gan=hinge")
    assert times == {stage: (stage / "checkpoints" / "last.ckpt").stat().st_mtime for stage in times}
    assert len(list(tmp_path.glob("cache/warm_starts/*"))) == 2


@pytest.mark.parametrize("model", ["real_esrnet", "real_esrgan"])
@pytest.mark.parametrize("words", [["scale=2"], ["scale=1"], ["generator=compact"]])
def test_the_real_models_train_at_every_scale_and_with_the_small_network(train, tmp_path, model, words):
    """One iteration on degraded crops, from weights in the published layout, which tell the network by themselves."""
    words = [f"model={model}", *(GAN[1:] if model == "real_esrgan" else GAN[2:3]), *words]
    first = train("first", *words, "init=null", "iterations=1")
    warned = "adversarial training from scratch" in (first / "train.log").read_text()
    assert warned == (model == "real_esrgan")
    weights_file = tmp_path / "published.pth"
    export(str(first / "checkpoints" / "last.ckpt"), weights_file)
    run = train("run", *words, f"init={weights_file}", "iterations=1", "optimizer.lr=1e-30")
    generator = weights.load(weights_file)
    assert type(generator) is type(weights.load(run / "checkpoints" / "last.ckpt"))
    assert generator.scale == checkpoint(run)["hyper_parameters"]["scale"]
    for name, value in generator.state_dict().items():
        assert torch.equal(checkpoint(run)["state_dict"][f"generator.{name}"], value)
    assert checkpoint(run)["hyper_parameters"]["degradation"]["_target_"].endswith("RandomDegradation")


def test_it_starts_from_the_average_of_the_first_stage(train, tmp_path):
    run = train("run", *GAN, "warm_start.iterations=3", "iterations=1", "optimizer.lr=1e-30")
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*/checkpoints/last.ckpt")
    for name, value in weights.generator_weights(tensor_files.read(stage)).items():
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
    else:
        common.append("degradation=second_order")  # each device draws for its own samples
    for devices in (1, 2):
        finished(process(*common, f"trainer.devices={devices}", f"name=devices-{devices}"))
    (one,), (two,) = (tmp_path.glob(f"runs/devices-{devices}/*") for devices in (1, 2))
    for name, value in checkpoint(one)["state_dict"].items():
        torch.testing.assert_close(checkpoint(two)["state_dict"][name], value, rtol=0, atol=2e-5, msg=name)


@pytest.mark.parametrize("discriminator", ["vgg", "unet"])
def test_two_devices_hold_the_same_networks(photos, process, tmp_path, discriminator):
    """REQ-DDP-2, bit for bit: both players, running statistics, spectral norm and the average.

    REQ-AMP-4: one device's batch is not finite in the second iteration, and both skip it.
    """
    told = ["+callbacks.ranks._target_=tests.ranks.Ranks", f"+callbacks.ranks.folder={tmp_path / 'ranks'}",
            "+callbacks.ranks.poison=2"]  # fmt: skip
    finished(process(*TINY, *photos, *EXACT, *GAN, *told, "init=null", f"discriminator={discriminator}", "iterations=3",
                     "validate_every=3", "trainer.devices=2", "name=both"))  # fmt: skip
    first, second = (torch.load(tmp_path / "ranks" / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["skipped"] == second["skipped"] == 1
    assert {name.split(".")[0] for name in first} > {"generator", "discriminator"}
    for name, value in first.items():
        assert value.isfinite().all(), name
        assert torch.equal(value, second[name]), name
    assert len(list(tmp_path.glob("runs/both/*/checkpoints/last.ckpt"))) == 1


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def wait_for(pattern: str, folder: Path, process) -> Path:
    """The one file that matches, as soon as it is there."""
    while not (found := list(folder.glob(pattern))):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    return found[0]


def test_killed_in_either_stage_it_ends_as_if_undisturbed(train, photos, process, tmp_path, monkeypatch):
    """SIGKILL for the process of the first stage, then for the second stage's; the same command goes on each time."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # bit for bit holds for one number of threads
    words = [*GAN, *EXACT, "scheduler=constant", "warm_start.iterations=60", "iterations=40", "validate_every=5"]
    undisturbed = train("undisturbed", *words)
    cache = tmp_path / "another-cache"
    common = [*TINY, *photos, *words, f"data.cache={cache}", "name=killed", "resume=auto"]

    killed = process(*common)
    stage = wait_for("warm_starts/*/checkpoints/last.ckpt", cache, killed)
    (child,) = children(killed.pid)
    os.kill(child, signal.SIGKILL)
    assert "the first stage ended with status -9" in killed.communicate()[0]
    assert 5 <= tensor_files.read(stage)["global_step"] < 60

    killed = process(*common)
    last = wait_for("runs/killed/*/checkpoints/last.ckpt", tmp_path, killed)
    killed.kill()
    killed.communicate()
    assert 5 <= tensor_files.read(last)["global_step"] < 40

    finished(process(*common))
    (whole_stage,) = (tmp_path / "cache").glob("warm_starts/*/checkpoints/last.ckpt")
    assert_same(tensor_files.read(whole_stage), tensor_files.read(stage))
    assert_same(checkpoint(undisturbed), tensor_files.read(last))


def test_compile_changes_neither_names_nor_results_of_both_players(train, monkeypatch):
    """REQ-COMP-1, with the tracing of torch.compile but without the minutes of its code generation."""
    compile_in_place = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda module: compile_in_place(module, backend="aot_eager"))
    words = [*GAN, *EXACT, "init=null", "iterations=2"]
    eager, compiled = (
        checkpoint(train(name, *words, f"compile={name == 'compiled'}")) for name in ("eager", "compiled")
    )
    assert eager["state_dict"].keys() == compiled["state_dict"].keys()
    for name, value in eager["state_dict"].items():
        torch.testing.assert_close(compiled["state_dict"][name], value, rtol=1e-4, atol=1e-5, msg=name)
