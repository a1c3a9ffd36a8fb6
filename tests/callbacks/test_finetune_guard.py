"""Fine-tuning: the start is measured, what is usual is told, and forgetting is warned of."""

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
    """Weights to start from, of a network that is little more than bicubic."""
    torch.manual_seed(0)
    torch.save(generator("model=real_esrgan", "skip=bicubic", "block.growth=4").state_dict(), tmp_path / "start.ckpt")
    return tmp_path / "start.ckpt"


def told(folder) -> str:
    """The log of a run."""
    return (folder / "train.log").read_text()


def test_harmless_settings_are_silent_and_say_what_makes_sense(train, start):
    """4 crops of 32² of 9108 pixels in all: 44 iterations see each of them 20 times."""
    folder = train("run", *TINY, "iterations=3", "callbacks.forgetting.apart=-1")
    usual = "up to 44 iterations make sense, with optimizer.lr from 1e-06 to 1e-05"
    assert f"4 photographs, 0.00911 million pixels: {usual}" in told(folder)
    assert "WARNING" not in told(folder)
    kept = checkpoint(folder)["callbacks"]["Forgetting"]["start"]
    measured = float(told(folder).split("iteration 0 of 3:")[1].split("psnr_y ")[1].split()[0])
    assert kept == pytest.approx(measured, abs=0.01)


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (["iterations=4", "callbacks.forgetting.passes=1"], "iterations=4: each pixel would be seen 2 times, and the"),
        (["optimizer.lr=2e-4"], "optimizer.lr=0.0002: the network forgets what it knows; set 1e-05 or less"),
        (["degradation=bicubic"], "degradation: without a random one, the network forgets how to undo blur"),
        (
            ["generator_start=2"],
            "generator_start=2: the discriminator hardly tells photographs from the network's images",
        ),
        (["generator_start=0"], "generator_start=0: the discriminator is new and knows nothing"),
        (["optimizer.lr=0.1"], "iteration 2: val/psnr_y is"),
        (
            ["optimizer.lr=0.1", "metrics=full", "~metrics.niqe", "monitor=val/color_shift"],
            "iteration 2: val/color_shift is",
        ),
    ],
)
def test_forgetting_is_warned_of(train, start, words, warning):
    assert warning in told(train("run", *TINY, "iterations=2", *words))


def test_a_run_that_goes_on_compares_with_its_own_start(train, start):
    words = [*TINY, "iterations=4", "callbacks.checkpoints.every=2"]
    whole = train("whole", *words)
    resumed = train("resumed", *words, f"resume={whole}/checkpoints/iteration-2.ckpt", "init=null")
    assert checkpoint(resumed)["callbacks"]["Forgetting"] == checkpoint(whole)["callbacks"]["Forgetting"]


def test_it_starts_from_both_published_networks_by_their_names(train, start, server: Server, tmp_path, monkeypatch):
    """Both learn from the first iteration on, at one rate, and nothing is warned of."""
    torch.manual_seed(1)
    state = UNetDiscriminator(4).state_dict()
    tensor_files.write(tmp_path / "netD.pth", {"params": {PUBLISHED_NAMES[name]: state[name] for name in state}})
    server.content = (tmp_path / "netD.pth").read_bytes()
    entry = published.Published(server.url, sha256=sha256(server.content).hexdigest())
    monkeypatch.setitem(published.DISCRIMINATORS, "realesrgan-x4plus-discriminator", entry)
    monkeypatch.setattr(published, "user_cache_path", lambda name: tmp_path / "cache" / name)
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
    assert "WARNING" not in told(run)


def test_while_the_generator_waits_its_average_is_the_start(train, start):
    run = train("run", *TINY, "generator_start=2", "iterations=2")
    before = torch.load(start, weights_only=True)
    for name, value in checkpoint(run)["ema"]["generator"].items():
        assert torch.equal(value, before[name])
