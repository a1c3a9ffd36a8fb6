"""Fine-tuning: the initial weights are measured, settings are checked, and forgetting gives a warning."""

from hashlib import sha256

import pytest
import torch

from sr_lightning import weights
from sr_lightning.discriminators import UNetDiscriminator
from sr_lightning.system import tensor_files
from sr_lightning.weights import published
from sr_lightning.weights.discriminators import PUBLISHED_NAMES
from tests.support.configs import generator
from tests.support.runs import checkpoint, logged
from tests.support.servers import Server

TINY = ["experiment=finetune", "perceptual=embedded", "block.growth=4", "discriminator.width=4", "init=start.ckpt",
        "metrics=fidelity", "monitor=val/psnr_y", "validate_every=1", "skip=bicubic", "init_discriminator=null",
        "generator_start=1"]  # fmt: skip


@pytest.fixture
def start(tmp_path):
    """Initial weights of a network whose output is close to bicubic."""
    torch.manual_seed(0)
    torch.save(generator("model=real_esrgan", "skip=bicubic", "block.growth=4").state_dict(), tmp_path / "start.ckpt")
    return tmp_path / "start.ckpt"


def log_of(folder) -> str:
    """Return the log of a run."""
    return (folder / "train.log").read_text()


def test_usual_settings_give_a_recommendation_and_no_warning(train, start):
    """Four crops of 32x32 from 9108 pixels in total: 44 iterations see each pixel 20 times."""
    folder = train("run", *TINY, "iterations=3", "callbacks.forgetting.apart=-1")
    advice = "at most 44 iterations are recommended, and optimizer.lr from 1e-06 to 1e-05"
    assert f"4 photographs with 0.00911 million pixels: {advice}" in log_of(folder)
    assert "WARNING" not in log_of(folder)
    saved = checkpoint(folder)["callbacks"]["Forgetting"]["start"]
    measured = float(log_of(folder).split("iteration 0 of 3:")[1].split("psnr_y ")[1].split()[0])
    assert saved == pytest.approx(measured, abs=0.01)


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (
            ["iterations=4", "callbacks.forgetting.passes=1"],
            "iterations=4: the network would see each pixel 2 times and overfit",
        ),
        (
            ["optimizer.lr=2e-4"],
            "optimizer.lr=0.0002: is large for fine-tuning, the network may",
        ),
        (["degradation=bicubic"], "degradation: is not random, so the network forgets how to remove blur"),
        (
            ["generator_start=2"],
            "generator_start=2: the discriminator hardly distinguishes photographs from generated images",
        ),
        (["generator_start=0"], "generator_start=0: the discriminator is untrained"),
        (["optimizer.lr=0.1"], "iteration 2: val/psnr_y is"),
        (
            ["optimizer.lr=0.1", "metrics=full", "~metrics.niqe", "monitor=val/color_shift"],
            "iteration 2: val/color_shift is",
        ),
    ],
)
def test_forgetting_and_unusual_settings_give_a_warning(train, start, words, warning):
    assert warning in log_of(train("run", *TINY, "iterations=2", *words))


def test_a_resumed_run_compares_with_its_initial_weights(train, start):
    words = [*TINY, "iterations=4", "callbacks.checkpoints.every=2"]
    complete = train("complete", *words)
    resumed = train("resumed", *words, f"resume={complete}/checkpoints/iteration-2.ckpt", "init=null")
    assert checkpoint(resumed)["callbacks"]["Forgetting"] == checkpoint(complete)["callbacks"]["Forgetting"]


def test_fine_tuning_starts_from_both_published_networks(train, start, server: Server, tmp_path, monkeypatch):
    """Both are trained from the first iteration on, with the same learning rate and without a warning."""
    torch.manual_seed(1)
    state = UNetDiscriminator(4).state_dict()
    tensor_files.write(tmp_path / "netD.pth", {"params": {PUBLISHED_NAMES[name]: state[name] for name in state}})
    server.content = (tmp_path / "netD.pth").read_bytes()
    entry = published.Published(server.url, sha256=sha256(server.content).hexdigest())
    monkeypatch.setitem(published.DISCRIMINATORS, "realesrgan-x4plus-discriminator", entry)
    monkeypatch.setattr(published, "user_cache", lambda: tmp_path / "cache" / "sr_lightning")
    monkeypatch.setattr(weights, "locate", {"realesrgan-x4plus": start}.__getitem__)
    defaults = [word for word in TINY if not word.startswith(("init", "generator_start"))]
    run = train("run", *defaults, "iterations=1", "trainer.precision=32-true")
    origin = checkpoint(run)["hyper_parameters"]["started_from"]
    assert origin["file"] == str(start)
    assert origin["discriminator"]["sha256"] == entry.sha256
    assert logged(run, "lr") == logged(run, "discriminator_lr") == {1: pytest.approx(2e-6)}
    for name, value in checkpoint(run)["state_dict"].items():
        if name.startswith("discriminator.") and name.endswith(("weight", "bias")):
            torch.testing.assert_close(value, state[name.removeprefix("discriminator.")], rtol=0, atol=2.1e-6)
    assert "WARNING" not in log_of(run)


def test_the_average_equals_the_initial_weights_until_the_generator_starts(train, start):
    run = train("run", *TINY, "generator_start=2", "iterations=2")
    before = torch.load(start, weights_only=True)
    for name, value in checkpoint(run)["ema"]["generator"].items():
        assert torch.equal(value, before[name])
