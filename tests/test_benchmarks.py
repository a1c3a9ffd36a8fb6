"""Every benchmark still measures: at a tiny size, without a word about speed."""

import json

from sr_lightning.data import folder
from tests import photographs
from tests.benchmarks import adversarial, degradation, loader, step, upscale
from tests.test_weights import rrdbnet

TINY = ["generator.width=4", "generator.depth=1", "discriminator.width=4"]


def test_upscale():
    found = upscale.measure(rounds=1, side=40, generator=rrdbnet(depth=1).requires_grad_(False), compiled=False)
    assert {"float32, contiguous", "float32, channels-last", "the default"} <= found.keys()
    assert all(seconds > 0 for seconds, _ in found.values())
    assert all(psnr > (90 if "float32" in name else 30) for name, (_, psnr) in found.items())


def test_adversarial(monkeypatch):
    monkeypatch.setattr(adversarial, "CROP", 32)
    monkeypatch.setattr(adversarial, "BATCH", 2)
    found = adversarial.measure([*TINY, "discriminator.crop=32"], rounds=1, compiled=False)
    assert len(found) == 6
    assert all(seconds > 0 for seconds in found.values())


def test_averaging():
    assert all(seconds > 0 for seconds in adversarial.averaging(TINY, rounds=1).values())


def test_degradation(monkeypatch):
    monkeypatch.setattr(degradation, "CROP", 64)
    monkeypatch.setattr(degradation, "BATCH", 2)
    ways, stages = degradation.measure(rounds=1, overrides=["generator.width=4", "generator.depth=1"])
    assert len(ways) == 5
    assert stages
    assert all(seconds > 0 for seconds in ways.values())


def test_loader(tmp_path):
    files = folder(photographs.folder(tmp_path, height=120, width=120))
    assert {"store", "decoding"} == loader.measure(files, batches=4).keys()


def test_step(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["model=srresnet", "generator.width=4", "generator.depth=1", "iterations=3", "data.batch_size=2",
                 "data.crop=32", "trainer.precision=32-true"]  # fmt: skip
    step.main(arguments)
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (len(found["seconds"]), found["crops"]) == (2, 2)
