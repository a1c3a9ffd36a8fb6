"""Fine-tuning: the start is measured, what is usual is told, and forgetting is warned of."""

import pytest
import torch

from sr_lightning import weights
from tests.support.configs import generator
from tests.support.runs import checkpoint

TINY = ["experiment=finetune", "perceptual=embedded", "block.growth=4", "discriminator.width=4", "init=start.ckpt",
        "metrics=fidelity", "monitor=val/psnr_y", "generator_start=1", "validate_every=1", "skip=bicubic"]  # fmt: skip


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
        (["optimizer.lr=0.1"], "iteration 2: val/psnr_y is"),
        (
            ["optimizer.lr=0.1", "metrics=full", "~metrics.niqe", "monitor=val/colour_shift"],
            "iteration 2: val/colour_shift is",
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


def test_it_starts_from_the_published_weights_by_their_name(train, start, monkeypatch):
    monkeypatch.setattr(weights, "locate", {"realesrgan-x4plus": start}.__getitem__)
    run = train("run", *(word for word in TINY if not word.startswith("init=")), "iterations=1")
    assert checkpoint(run)["hyper_parameters"]["started_from"]["file"] == str(start)


def test_while_the_generator_waits_its_average_is_the_start(train, start):
    run = train("run", *TINY, "generator_start=2", "iterations=2")
    before = torch.load(start, weights_only=True)
    for name, value in checkpoint(run)["ema"]["generator"].items():
        assert torch.equal(value, before[name])
