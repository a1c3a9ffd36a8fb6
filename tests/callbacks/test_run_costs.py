"""Costs of a network and of a run, compared with numbers computed by hand."""

import json

import pytest
import torch

from sr_lightning.callbacks import Costs
from sr_lightning.generators import Interpolation
from tests.support.runs import checkpoint, logged


def test_a_run_writes_its_costs_to_its_result_and_log(train):
    """Peak memory grows with the batch size, multiply-adds per crop do not."""
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


def test_a_resumed_run_adds_up_its_attempts(train):
    """Starting a finished run again changes nothing."""
    first = train("first", "callbacks.checkpoints.every=2")
    resumed = train("second", f"resume={first}/checkpoints/iteration-2.ckpt")
    state = checkpoint(resumed)["callbacks"]["Costs"]
    assert state["iterations"] == 4
    assert state["peak_memory"] == checkpoint(first)["callbacks"]["Costs"]["peak_memory"]
    written = json.loads((first / "result.json").read_text())["costs"]
    train("first", "callbacks.checkpoints.every=2", "resume=auto")
    assert json.loads((first / "result.json").read_text())["costs"] == pytest.approx(written)


def test_speed_excludes_validations():
    """A simulated clock: 2 s for each iteration, 100 s for each validation, also before the training."""
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
