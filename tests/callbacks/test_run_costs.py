"""What a network and a run cost, against numbers by hand."""

import json

import pytest
import torch

from sr_lightning.callbacks import Costs
from sr_lightning.generators import Interpolation
from tests.support.runs import checkpoint, logged


def test_a_run_records_its_costs_once(train):
    """In its result and in its log; peak memory grows with the batch, speed counts iterations without validations."""
    words = ["model=srgan_mse", "init=null", "discriminator.width=4", "metrics=fidelity", "monitor=val/psnr_y"]
    folder = train("run", *words)
    costs = json.loads((folder / "result.json").read_text())["costs"]
    assert list(costs) == ["parameters", "multiply_adds", "peak_memory_bytes", "iterations_per_second"]
    weights = {name: value for name, value in checkpoint(folder)["state_dict"].items() if name.startswith("generator.")}
    assert costs["parameters"] == sum(value.numel() for name, value in weights.items() if "running" not in name
                                      and "num_batches" not in name)  # fmt: skip
    assert costs["iterations_per_second"] > 0
    for name, value in costs.items():
        assert logged(folder, f"costs/{name}") == {4: pytest.approx(value)}
    larger = train("larger", *words, "data.batch_size=8")
    more = json.loads((larger / "result.json").read_text())["costs"]
    assert more["multiply_adds"] == costs["multiply_adds"]
    assert 1.5 < more["peak_memory_bytes"] / costs["peak_memory_bytes"] < 2


def test_a_run_that_goes_on_counts_all_its_attempts(train):
    """Iterations of both attempts over the seconds of both; a finished run that is told again tells the same."""
    first = train("first", "callbacks.checkpoints.every=2")
    resumed = train("second", f"resume={first}/checkpoints/iteration-2.ckpt")
    state = checkpoint(resumed)["callbacks"]["Costs"]
    assert state["iterations"] == 4
    assert state["peak_memory"] == checkpoint(first)["callbacks"]["Costs"]["peak_memory"]
    told = json.loads((first / "result.json").read_text())["costs"]
    train("first", "callbacks.checkpoints.every=2", "resume=auto")
    assert json.loads((first / "result.json").read_text())["costs"] == pytest.approx(told)


def test_speed_is_that_of_iterations_alone():
    """A clock by hand: 2 s for each iteration, 100 s for a validation, also before the training."""
    now = 0.0
    costs = Costs(crop=8, clock=lambda: now)

    class Module:
        generator = Interpolation("nearest", 2)
        device = torch.device("cpu")

    class Run:
        global_step = 0
        optimizers = ()
        sanity_checking = True

    now += 50
    costs.on_validation_start(Run, Module)
    now += 100
    costs.on_validation_end(Run, Module)
    Run.sanity_checking = False
    costs.on_train_start(Run, Module)
    for iteration in range(3):
        now += 2
        Run.global_step = iteration + 1
        costs.on_train_batch_end(Run, Module)
        costs.on_validation_start(Run, Module)
        now += 100
        costs.on_validation_end(Run, Module)
    assert costs.results["iterations_per_second"] == 0.5
    assert costs.results["peak_memory_bytes"] is None
