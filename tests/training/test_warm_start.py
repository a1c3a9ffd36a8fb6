"""First stages are trained once, cached, and resumed after an interruption."""

import os
import signal
import subprocess
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest
import torch

from sr_lightning import weights
from sr_lightning.system import tensor_files
from sr_lightning.training import warm_start
from tests.support.runs import EXACT, GAN, TINY, assert_same, checkpoint, finished


@pytest.mark.parametrize(
    ("words", "message"),
    [  # VGG up to conv3_3 halves an image twice
        (["data.crop=2"], "for the perceptual loss, whose deepest layer needs images of at least 4x4"),
        (["data.crop=6", "discriminator=unet"], "for this discriminator, which needs images of at least 8x8"),
        (["data.crop=22", "discriminator=patch"], "for this discriminator, which needs images of at least 24x24"),
    ],
)
def test_too_small_a_crop_is_rejected_before_the_first_stage(train, tmp_path, words, message):
    with pytest.raises(SystemExit, match=f"{words[0]}: is too small {message}"):
        train("run", *GAN, "scale=2", *words)
    assert not (tmp_path / "cache" / "warm_starts").exists()


def test_a_first_stage_is_trained_once_and_shared(train, process, photos, tmp_path):
    """Of two concurrent runs one trains it; a later run uses it, too."""
    words = [*GAN, "warm_start.iterations=4", "iterations=2", "validate_every=1"]
    both = [process(*TINY, *photos, *words, f"gan={gan}", f"name={gan}") for gan in ("relativistic", "vanilla")]
    outputs = [finished(run) for run in both]
    assert sum("First stage: rrdb_psnr, 4 iterations" in text for text in outputs) == 1
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*")
    last = stage / "checkpoints" / "last.ckpt"
    runs = [*tmp_path.glob("runs/*/*"), train("later", *words)]
    origins = [checkpoint(run)["hyper_parameters"]["started_from"] for run in runs]
    assert origins == [{"file": str(last), "sha256": sha256(last.read_bytes()).hexdigest()}] * 3


def test_a_first_stage_with_damaged_checkpoints_is_not_finished(tmp_path, caplog):
    """``best.ckpt`` replaces a damaged ``last.ckpt`` if it was saved after all iterations."""
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
def test_a_signal_to_the_run_stops_the_process_of_its_first_stage(number, before):
    signal.signal(number, before)  # tests run in the background of a shell inherit that SIGINT is ignored
    child = subprocess.Popen(["sleep", "60"])
    timer = threading.Timer(0.1, os.kill, (os.getpid(), number))
    timer.start()
    with pytest.raises(SystemExit) as stopped:
        warm_start.wait_or_forward_signals(child)
    assert (stopped.value.code, child.returncode) == (128 + number, -signal.SIGTERM)
    assert signal.getsignal(number) is before
    assert warm_start.wait_or_forward_signals(subprocess.Popen(["false"])) == 1


def test_waiting_for_the_first_stage_of_another_process_is_logged(tmp_path, caplog):
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


def test_a_run_starts_from_the_averaged_weights_of_the_first_stage(train, tmp_path):
    run = train("run", *GAN, "warm_start.iterations=3", "iterations=1", "optimizer.lr=1e-30")
    (stage,) = (tmp_path / "cache" / "warm_starts").glob("rrdb_psnr-*/checkpoints/last.ckpt")
    for name, value in weights.generator_weights(tensor_files.read(stage)).items():
        assert torch.equal(checkpoint(run)["state_dict"][f"generator.{name}"], value)


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def wait_for(pattern: str, folder: Path, process) -> Path:
    """Wait for the only file that matches a pattern."""
    while not (paths := list(folder.glob(pattern))):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    return paths[0]


def test_a_run_killed_in_both_stages_equals_an_uninterrupted_one(train, photos, process, tmp_path, monkeypatch):
    """SIGKILL for the process of the first stage, then for that of the run; the same command resumes each time."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # results depend on the number of threads
    words = [*GAN, *EXACT, "scheduler=constant", "warm_start.iterations=60", "iterations=40", "validate_every=5"]
    uninterrupted = train("uninterrupted", *words)
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
    (uninterrupted_stage,) = (tmp_path / "cache").glob("warm_starts/*/checkpoints/last.ckpt")
    assert_same(tensor_files.read(uninterrupted_stage), tensor_files.read(stage))
    assert_same(checkpoint(uninterrupted), tensor_files.read(last))
