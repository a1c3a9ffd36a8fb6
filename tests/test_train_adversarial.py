"""The training command with a discriminator: first stage, resume, several devices."""

import os
import signal
import subprocess
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from torch import nn

from sr_lightning import image, tensor_files, warm_start, weights
from sr_lightning.command_line import CONF
from sr_lightning.errors import InputError
from sr_lightning.export import export
from tests import photographs
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


@pytest.mark.parametrize(
    ("words", "told"),
    [  # VGG to conv3_3 halves an image twice
        (["data.crop=2"], "for the perceptual loss, whose deepest layer needs images of at least 4x4"),
        (["data.crop=6", "discriminator=unet"], "for this discriminator, which needs images of at least 8x8"),
        (["data.crop=22", "discriminator=patch"], "for this discriminator, which needs images of at least 24x24"),
    ],
)
def test_too_small_a_crop_is_refused_before_the_first_stage(train, tmp_path, words, told):
    with pytest.raises(SystemExit, match=f"{words[0]}: is too small {told}"):
        train("run", *GAN, "scale=2", *words)
    assert not (tmp_path / "cache" / "warm_starts").exists()


def test_the_first_stage_is_trained_once_and_shared(train, process, photos, tmp_path):
    """init=warm_start: of two runs at once one trains it, and a later one finds it."""
    words = [*GAN, "warm_start.iterations=4", "iterations=2", "validate_every=1"]
    both = [process(*TINY, *photos, *words, f"gan={gan}", f"name={gan}") for gan in ("relativistic", "vanilla")]
    told = [finished(run) for run in both]
    assert sum("First stage: rrdb_psnr, 4 iterations" in text for text in told) == 1
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*")
    last = stage / "checkpoints" / "last.ckpt"
    runs = [*tmp_path.glob("runs/*/*"), train("later", *words)]
    origins = [checkpoint(run)["hyper_parameters"]["started_from"] for run in runs]
    assert origins == [{"file": str(last), "sha256": sha256(last.read_bytes()).hexdigest()}] * 3


def test_a_damaged_first_stage_is_not_taken_for_a_finished_one(tmp_path, caplog):
    """The best is as good where it is the last; otherwise the stage is trained on or anew."""
    (tmp_path / "checkpoints").mkdir()
    last, best = (tmp_path / "checkpoints" / name for name in ("last.ckpt", "best.ckpt"))
    assert warm_start.finished(tmp_path, 4) is None
    for path in (last, best):
        torch.save({"global_step": 4}, path)
    assert warm_start.finished(tmp_path, 4) == last
    assert warm_start.finished(tmp_path, 5) is None
    last.write_bytes(last.read_bytes()[:100])
    assert warm_start.finished(tmp_path, 4) == best
    torch.save({"global_step": 3}, best)
    assert warm_start.finished(tmp_path, 4) is None
    assert "last.ckpt: not a readable file of weights" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_first_stage_too(number):
    """Also one that only this process gets; or the stage would go on unseen."""
    child, before = subprocess.Popen(["sleep", "60"]), signal.getsignal(number)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), number))
    timer.start()
    with pytest.raises(SystemExit) as ended:
        warm_start.end(child)
    assert (ended.value.code, child.returncode) == (128 + number, -signal.SIGTERM)
    assert signal.getsignal(number) == before
    assert warm_start.end(subprocess.Popen(["false"])) == 1


def test_who_waits_for_a_first_stage_says_so(tmp_path, caplog):
    caplog.set_level("INFO")

    def wait():
        with warm_start.one_at_a_time(tmp_path):
            pass

    waiting = threading.Thread(target=wait)
    with warm_start.one_at_a_time(tmp_path):
        assert not caplog.messages
        waiting.start()
        while waiting.is_alive() and not caplog.messages:
            time.sleep(0.01)
    waiting.join()
    assert caplog.messages == [f"Another process trains the first stage in {tmp_path}; waiting for it"]


OTHER_STAGES = [
    "seed=1", "data.crop=16", "generator.width=8", "degradation=second_order", "trainer.precision=bf16-mixed",
    "warm_start.iterations=9", "warm_start.overrides=['optimizer.lr=1']", "warm_start.overrides=['pixel=mse']",
    "warm_start.overrides=['callbacks.ema.decay=0.9']",
]  # fmt: skip
SAME_STAGE = [
    "gan=hinge", "weights.adversarial=1", "optimizer.lr=1", "perceptual=none", "discriminator=unet", "iterations=7",
    "validate_every=1", "data.validation=null", "data.workers=1", "data.resident=true", "trainer.devices=2",
    "name=other", "callbacks.ema.decay=0.9", "logger=tensorboard", "resume=auto",
]  # fmt: skip


def test_the_key_of_a_first_stage_is_what_determines_it(photos, tmp_path, monkeypatch):
    def key(*words):
        with initialize_config_dir(str(CONF), version_base="1.3"):
            exact = "trainer.precision=32-true"
            config = compose("train", [*TINY, *photos, *GAN, exact, "warm_start.iterations=3", *words, "name=test"])
            return warm_start.stage_key(warm_start.first_stage(config))

    one = key(*SAME_STAGE)
    assert key() == one
    keys = {one, *(key(word) for word in OTHER_STAGES)}
    assert len(keys) == 1 + len(OTHER_STAGES)
    monkeypatch.setattr("sr_lightning.warm_start.__version__", "another")
    assert key() not in keys
    monkeypatch.undo()
    assert key() == one
    photographs.save(tmp_path / "train" / "00.png", 40, 50, seed=9)
    assert key() not in keys
    with pytest.raises(InputError, match=r"warm_start\.overrides: init=a\.pth there does nothing"):
        key("warm_start.overrides=['init=a.pth']")


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


@pytest.mark.parametrize("words", [[], ["accumulate=2"]])
def test_compile_changes_neither_names_nor_results(train, monkeypatch, words):
    """REQ-COMP-1, with the tracing of torch.compile but without the minutes of its code generation."""
    compile_in_place = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda module: compile_in_place(module, backend="aot_eager"))
    words = [*GAN, *EXACT, "init=null", "iterations=2", *words]
    eager, compiled = (
        checkpoint(train(name, *words, f"compile={name == 'compiled'}")) for name in ("eager", "compiled")
    )
    assert eager["state_dict"].keys() == compiled["state_dict"].keys()
    for name, value in eager["state_dict"].items():
        torch.testing.assert_close(compiled["state_dict"][name], value, rtol=1e-4, atol=1e-5, msg=name)
