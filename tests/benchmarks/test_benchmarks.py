"""Every benchmark runs at a tiny size; no test depends on speed."""

import copy
import json

import pytest
import torch

from sr_lightning.data import folder
from tests.benchmarks import adversarial, degradation, library, loader, published, step, upscale
from tests.benchmarks.networks import parts
from tests.support import photographs
from tests.support.networks import rrdbnet

TINY = ["generator.width=4", "generator.depth=1", "discriminator.width=4"]


def test_upscaling_is_measured():
    found = upscale.measure(rounds=1, side=40, generator=rrdbnet(depth=1).requires_grad_(False), compiled=False)
    assert {"float32, contiguous", "float32, channels-last", "the default"} <= found.keys()
    assert all(seconds > 0 for seconds, _ in found.values())
    assert all(psnr > (90 if "float32" in name else 30) for name, (_, psnr) in found.items())


def test_adversarial_steps_are_measured(monkeypatch):
    monkeypatch.setattr(adversarial, "CROP", 32)
    monkeypatch.setattr(adversarial, "BATCH", 2)
    found = adversarial.measure([*TINY, "discriminator.crop=32"], rounds=1, compiled=False)
    assert len(found) == 6
    assert all(seconds > 0 for seconds in found.values())


def test_averaging_is_measured():
    assert all(seconds > 0 for seconds in adversarial.averaging(TINY, rounds=1).values())


def test_degradations_are_measured():
    ways, stages = degradation.measure(1, ["generator.width=4", "generator.depth=1"], batch=2, crop=64)
    assert len(ways) == 5
    assert stages.keys() == degradation.second_order().chain.stages.keys()
    assert all(seconds > 0 for seconds in [*ways.values(), *stages.values()])


@pytest.mark.parametrize(
    ("model", "way", "tolerances"),
    [
        ("srresnet", published.pixel, [1e-5]),
        ("esrgan", published.relativistic, [1e-5]),  # the published one detaches the means in the discriminator's loss
        ("real_esrgan", published.vanilla, [1e-5, 1e-2]),  # each pass updates the spectral norm
    ],
)
def test_published_and_default_steps_have_equal_gradients(model, way, tolerances):
    """In float32, for the generator, and for the discriminator where both define the same loss."""
    module = parts(model, [*TINY, "data.crop=32"])
    torch.manual_seed(0)
    lr, hr = torch.rand(2, 3, 8, 8), torch.rand(2, 3, 32, 32)
    target = module.objective.targets(hr, ["pixel"])["pixel"]
    theirs, ours = copy.deepcopy(module), copy.deepcopy(module)
    way(theirs, lambda: (lr, hr, target))()
    library.step(ours, published.fixed(lr, hr), torch.float32, torch.contiguous_format, fused=False)()
    networks = zip(tolerances, library.networks(theirs), library.networks(ours), strict=False)
    for tolerance, network, reference in networks:
        for found, expected in zip(network.parameters(), reference.parameters(), strict=True):
            assert (found.grad - expected.grad).norm() <= tolerance * expected.grad.norm() + 1e-8


def test_a_draw_per_batch_equals_a_draw_per_sample_for_a_batch_of_one():
    random, hr = degradation.second_order(), torch.rand(1, 3, 64, 64)
    record = degradation.colored(degradation.records_of(random, 0, 1)[0])
    found = degradation.at_once(random.chain, hr, record, (16, 16))
    assert torch.equal(found[0], random.chain.apply(hr[0], record, (16, 16)))


def test_the_loader_is_measured(tmp_path):
    files = folder(photographs.folder(tmp_path, height=120, width=120))
    assert {"store", "decoding"} == loader.measure(files, batches=4).keys()


def test_training_steps_are_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["model=srresnet", "generator.width=4", "generator.depth=1", "iterations=3", "data.batch_size=2",
                 "data.crop=32", "trainer.precision=32-true"]  # fmt: skip
    step.main(arguments)
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (len(found["seconds"]), found["crops"]) == (2, 2)
