"""First stages: trained once, kept under a key, found again."""

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
from omegaconf import DictConfig

from sr_lightning import weights
from sr_lightning.cli.config import CONF
from sr_lightning.errors import InputError
from sr_lightning.sweeps.job import quoted
from sr_lightning.system import tensor_files
from sr_lightning.training import warm_start
from tests.support import photographs
from tests.support.runs import EXACT, GAN, TINY, assert_same, checkpoint, finished, logged


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


@pytest.mark.parametrize(
    ("number", "before"), [(signal.SIGTERM, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)]
)
def test_a_signal_ends_the_first_stage_too(number, before):
    """Also one that only this process gets; or the stage would go on unseen."""
    signal.signal(number, before)  # a test run in the background of a shell inherits that SIGINT is ignored
    child = subprocess.Popen(["sleep", "60"])
    timer = threading.Timer(0.1, os.kill, (os.getpid(), number))
    timer.start()
    with pytest.raises(SystemExit) as ended:
        warm_start.wait_or_forward_signals(child)
    assert (ended.value.code, child.returncode) == (128 + number, -signal.SIGTERM)
    assert signal.getsignal(number) is before
    assert warm_start.wait_or_forward_signals(subprocess.Popen(["false"])) == 1


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
            return warm_start.stage_key(warm_start.first_stage(config, compose), compose)

    one = key(*SAME_STAGE)
    assert key() == one
    keys = {one, *(key(word) for word in OTHER_STAGES)}
    assert len(keys) == 1 + len(OTHER_STAGES)
    monkeypatch.setattr("sr_lightning.training.warm_start.__version__", "another")
    assert key() not in keys
    monkeypatch.undo()
    assert key() == one
    photographs.save(tmp_path / "train" / "00.png", 40, 50, seed=9)
    assert key() not in keys
    with pytest.raises(InputError, match=r"warm_start\.overrides: init=a\.pth has no effect there"):
        key("warm_start.overrides=['init=a.pth']")


def listed(*words: str) -> str:
    """A list of overrides as the value of one."""
    return f"[{','.join(map(quoted, words))}]"


def test_first_stages_chain_through_an_adversarial_one(train, tmp_path):
    """RRDB-PSNR and ESRGAN on bicubic low resolution, Real-ESRNet and Real-ESRGAN on degraded; kept for another GAN."""
    esrgan = listed("warm_start.iterations=2", "discriminator.width=4")
    real_esrnet = listed("warm_start.iterations=2", "warm_start.own=[degradation]", f"warm_start.overrides={esrgan}")
    words = ["model=real_esrgan", *GAN[1:], "features=embedded", "warm_start.iterations=2",
             f"warm_start.overrides={real_esrnet}", "iterations=1"]  # fmt: skip
    run = train("run", *words)
    stages = [
        folder
        for name in ("rrdb_psnr", "esrgan", "real_esrnet")
        for folder in tmp_path.glob(f"cache/warm_starts/{name}-*")
    ]
    assert len(stages) == 3
    runs = [*stages, run]
    settings = [checkpoint(folder)["hyper_parameters"] for folder in runs]
    targets = [found["degradation"]["_target_"].rpartition(".")[2] for found in settings]
    assert targets == ["Bicubic", "Bicubic", "RandomDegradation", "RandomDegradation"]
    assert [found["usm"]["pixel"] for found in settings] == [False, False, True, True]
    assert [sorted(logged(folder, "train/adversarial")) for folder in runs] == [[], [1, 2], [], [1]]
    discriminators = [found["discriminator"]["_target_"].rpartition(".")[2] for found in settings]
    assert (discriminators[1], discriminators[3]) == ("VGGDiscriminator", "UNetDiscriminator")
    origins = [found["started_from"] and found["started_from"]["file"] for found in settings]
    assert origins == [None, *(str(stage / "checkpoints" / "last.ckpt") for stage in stages)]
    times = [(stage / "checkpoints" / "last.ckpt").stat().st_mtime_ns for stage in stages]
    train("other", *words, "gan=hinge")
    assert times == [(stage / "checkpoints" / "last.ckpt").stat().st_mtime_ns for stage in stages]
    assert len(list(tmp_path.glob("cache/warm_starts/*"))) == 3


def stages(*words: str) -> list[DictConfig]:
    """The configurations of a run and of its first stages, the run's own first."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        found = [compose("train", [*words, "name=test"])]
        while found[-1].init == "warm_start":
            found.append(warm_start.first_stage(found[-1], compose))
    return found


def stage_key(stage: DictConfig) -> str:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return warm_start.stage_key(stage, compose)


@pytest.mark.parametrize(
    ("words", "models", "iterations"),
    [
        (["model=real_esrnet"], ["esrgan", "rrdb_psnr"], [400_000, 1_000_000]),
        (["model=real_esrnet_from_psnr"], ["rrdb_psnr"], [1_000_000]),
        (["model=real_esrgan"], ["real_esrnet", "esrgan", "rrdb_psnr"], [1_000_000, 400_000, 1_000_000]),
        (["model=real_esrgan", "warm_start.model=real_esrnet_from_psnr"], ["real_esrnet_from_psnr", "rrdb_psnr"],
         [1_000_000, 1_000_000]),
        (["model=real_esrnet", "init=esrgan-x4"], [], []),
    ],
)  # fmt: skip
def test_real_esrnet_starts_from_esrgan(words, models, iterations):
    """As the authors' does; each stage before it as its paper trains it, with the network that is to come of it."""
    run, *before = stages(*words)
    assert [stage.name for stage in before] == models
    assert [stage.iterations for stage in before] == iterations
    for stage in before:
        real = stage.name.startswith("real")
        assert stage.generator == run.generator
        assert stage.degradation._target_.endswith("RandomDegradation" if real else "Bicubic")
        assert (stage.data.crop, stage.data.batch_size) == ((256, 48) if real else (128, 16))
        assert ("discriminator" in stage.module) == (stage.name == "esrgan")
        if stage.name == "esrgan":
            assert stage.discriminator.crop == 128
            assert stage.weights == {"pixel": 1e-2, "perceptual": 1, "adversarial": 5e-3, "discriminator": 1}


@pytest.mark.parametrize(
    ("word", "differs"),
    [
        ("discriminator.width=8", True), ("gan=vanilla", True), ("discriminator_lr=1e-5", True),
        ("weights.adversarial=1", True), ("init_discriminator=a.pth", True), ("perceptual=after", True),
        ("log_every=7", False), ("callbacks.checkpoints.minutes=3", False),
    ],
)  # fmt: skip
def test_the_key_of_an_adversarial_stage_holds_its_discriminator_too(photos, word, differs):
    """The stage's own, that is: the discriminator of the run that it leads to does not matter."""
    words = ["model=real_esrnet", "scheduler=cosine", *photos]
    keys = [stage_key(stages(*words, *more)[1]) for more in (
        [], [f"warm_start.overrides={listed(word)}"], ["discriminator.width=8", "gan=hinge"]
    )]  # fmt: skip
    assert (keys[0] != keys[1]) == differs
    assert keys[0] == keys[2]


def test_the_feature_network_is_that_of_the_run(photos):
    """Also where a stage before it is the one that looks through it; without features it does not matter."""
    one, other = (stages("model=real_esrnet", f"features={name}", *photos)[1:] for name in ("vgg19", "embedded"))
    assert [stage.features == one[0].features for stage in other] == [False, False]
    keys = [[stage_key(stage) for stage in found] for found in (one, other)]
    assert keys[0][0] != keys[1][0]
    assert keys[0][1] == keys[1][1]


def test_it_starts_from_the_average_of_the_first_stage(train, tmp_path):
    run = train("run", *GAN, "warm_start.iterations=3", "iterations=1", "optimizer.lr=1e-30")
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*/checkpoints/last.ckpt")
    for name, value in weights.generator_weights(tensor_files.read(stage)).items():
        assert torch.equal(checkpoint(run)["state_dict"][f"generator.{name}"], value)


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
