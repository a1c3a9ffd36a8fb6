"""The training command with a discriminator: first stage, resume, several devices."""

import pytest
import torch
from torch import nn

from sr_lightning import image, weights
from sr_lightning.commands.export import export
from tests.support.runs import EXACT, GAN, TINY, assert_same, checkpoint, finished, logged


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
        ["model=esrgan", "perceptual=embedded", "block.growth=4", "discriminator=unet", "gan=hinge", "regularizer=r1"],
        ["model=esrgan", "perceptual=none", "discriminator=patch", "gan=least_squares", "block=residual", "norm=batch"],
    ],
)
def test_every_system_trains(train, words):
    folder = train("run", *words, *GAN[3:], "init=null", "iterations=2")
    assert sorted(logged(folder, "train/adversarial")) == [1, 2]
    assert checkpoint(folder)["global_step"] == 2


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


def test_a_resumed_run_still_tells_what_it_started_from(train):
    """In its checkpoints, and in the table at its end: bicubic, the first stage, the network."""
    words = [*GAN, *EXACT, "warm_start.iterations=2", "callbacks.checkpoints.every=2"]
    whole = train("whole", *words)
    resumed = train("resumed", *words, f"resume={whole}/checkpoints/iteration-2.ckpt")
    origins = [checkpoint(run)["hyper_parameters"]["started_from"] for run in (whole, resumed)]
    assert origins[0] == origins[1] is not None
    for run in (whole, resumed):  # LR and four versions of 288 pixels, beside the whole image
        assert image.size(run / "comparison.png")[1] > 5 * 288


@pytest.mark.parametrize(("discriminator", "words"), [("vgg", []), ("unet", []), ("vgg", ["regularizer=r1"])])
def test_two_devices_train_what_one_device_trains(photos, process, tmp_path, discriminator, words):
    """Relativistic means over the batch of both devices, averaged gradients, one folder.

    With plain gradient descent: Adam would blow up the rounding of gradients that are zero, as that of the last bias is
    under a relativistic loss.
    """
    descent = ["optimizer._target_=torch.optim.SGD", "~optimizer.betas", "optimizer.lr=0.01", "scheduler=constant"]
    common = [*TINY, *photos, *EXACT, *GAN, *descent, "init=null", f"discriminator={discriminator}", "iterations=2",
              "validate_every=2", *words]  # fmt: skip
    if discriminator == "vgg":
        common.append("discriminator.norm={_target_: torch.nn.Identity, _partial_: true}")
    else:
        common.append("degradation=second_order")  # each device draws for its own samples
    for devices in (1, 2):
        finished(process(*common, f"trainer.devices={devices}", f"name=devices-{devices}"))
    (one,), (two,) = (tmp_path.glob(f"runs/devices-{devices}/*") for devices in (1, 2))
    for name, value in checkpoint(one)["state_dict"].items():
        torch.testing.assert_close(checkpoint(two)["state_dict"][name], value, rtol=0, atol=2e-6, msg=name)


@pytest.mark.parametrize("discriminator", ["vgg", "unet"])
def test_two_devices_hold_the_same_networks(photos, process, tmp_path, discriminator):
    """REQ-DDP-2, bit for bit: both players, running statistics, spectral norm and the average.

    REQ-AMP-4: one device's batch is not finite in the second iteration, and both skip it.
    """
    told = ["+callbacks.ranks._target_=tests.support.ranks.Ranks", f"+callbacks.ranks.folder={tmp_path / 'ranks'}",
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


@pytest.mark.parametrize("words", [[], ["accumulate=2"]])
def test_compile_changes_neither_names_nor_results_of_both_players(train, monkeypatch, words):
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
