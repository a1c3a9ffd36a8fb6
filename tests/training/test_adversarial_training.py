"""The training command with a discriminator: first stage, resume, several devices."""

import pytest
import torch
from torch import nn

from sr_lightning import image, weights
from sr_lightning.commands.export import export
from tests.support.runs import EXACT, GAN, TINY, assert_same, checkpoint, finished, logged


@pytest.mark.parametrize(("start", "waits"), [(0, "discriminator"), (4, "discriminator"), (4, "generator")])
def test_a_resumed_run_equals_an_uninterrupted_one(train, start, waits):
    """Networks, optimizers and schedules are equal bit for bit, also if a network starts after the checkpoint."""
    words = [*GAN, *EXACT, "init=null", "callbacks.checkpoints.every=3", "iterations=6", f"{waits}_start={start}"]
    uninterrupted = train("uninterrupted", *words)
    resumed = train("resumed", *words, f"resume={uninterrupted}/checkpoints/iteration-3.ckpt")
    assert len(checkpoint(uninterrupted)["optimizer_states"]) == len(checkpoint(uninterrupted)["lr_schedulers"]) == 2
    assert_same(checkpoint(uninterrupted), checkpoint(resumed))
    assert logged(resumed, "train/discriminator") == {
        step: value for step, value in logged(uninterrupted, "train/discriminator").items() if step > 3
    }
    column = "train/discriminator" if waits == "discriminator" else "train/pixel"
    assert min(logged(uninterrupted, column)) == start + 1


def test_checkpoints_contain_generator_and_discriminator_only(train):
    """The feature network of the perceptual loss is not saved, because it is not trained."""
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
def test_every_model_trains(train, words):
    folder = train("run", *words, *GAN[3:], "init=null", "iterations=2")
    assert sorted(logged(folder, "train/adversarial")) == [1, 2]
    assert checkpoint(folder)["global_step"] == 2


@pytest.mark.parametrize("model", ["real_esrnet", "real_esrgan"])
@pytest.mark.parametrize("words", [["scale=2"], ["scale=1"], ["generator=compact"]])
def test_real_world_models_train_at_every_scale_and_with_the_compact_network(train, tmp_path, model, words):
    """One iteration on degraded crops, from a file in the published layout, from which the network is recognized."""
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


def test_a_resumed_run_keeps_the_record_of_its_initial_weights(train):
    """In its checkpoints, and in the final comparison of bicubic, the first stage and the network."""
    words = [*GAN, *EXACT, "warm_start.iterations=2", "callbacks.checkpoints.every=2"]
    uninterrupted = train("uninterrupted", *words)
    resumed = train("resumed", *words, f"resume={uninterrupted}/checkpoints/iteration-2.ckpt")
    origins = [checkpoint(run)["hyper_parameters"]["started_from"] for run in (uninterrupted, resumed)]
    assert origins[0] == origins[1] is not None
    for run in (uninterrupted, resumed):  # LR and four versions of 288 pixels, beside the full image
        assert image.size(run / "comparison.png")[1] > 5 * 288


@pytest.mark.parametrize(("discriminator", "words"), [("vgg", []), ("unet", []), ("vgg", ["regularizer=r1"])])
def test_two_devices_train_the_network_of_one_device(photos, process, tmp_path, discriminator, words):
    """Means of the relativistic loss are taken over the batches of both devices, and gradients are averaged.

    With plain gradient descent: Adam would amplify the rounding errors of gradients that are zero, such as that of the
    last bias under a relativistic loss.
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
def test_two_devices_have_identical_networks(photos, process, tmp_path, discriminator):
    """Bit for bit: both networks, running statistics, spectral norm and the average of the weights.

    In the second iteration, one device has a batch that is not finite; both devices skip it.
    """
    record = ["+callbacks.ranks._target_=tests.support.ranks.Ranks", f"+callbacks.ranks.folder={tmp_path / 'ranks'}",
              "+callbacks.ranks.poison=2"]  # fmt: skip
    words = [*TINY, *photos, *EXACT, *GAN, "init=null", f"discriminator={discriminator}", "iterations=3",
             "validate_every=3", "trainer.devices=2", "name=both"]  # fmt: skip
    finished(process(*words, *record))
    first, second = (torch.load(tmp_path / "ranks" / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["skipped"] == second["skipped"] == 1
    assert {name.split(".")[0] for name in first} > {"generator", "discriminator"}
    for name, value in first.items():
        assert value.isfinite().all(), name
        assert torch.equal(value, second[name]), name
    assert len(list(tmp_path.glob("runs/both/*/checkpoints/last.ckpt"))) == 1


@pytest.mark.parametrize("words", [[], ["accumulate=2"]])
def test_compilation_changes_neither_names_nor_results(train, monkeypatch, words):
    """With the tracing of torch.compile, but without its code generation, which takes minutes."""
    compile_in_place = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda module: compile_in_place(module, backend="aot_eager"))
    words = [*GAN, *EXACT, "init=null", "iterations=2", *words]
    eager, compiled = (
        checkpoint(train(name, *words, f"compile={name == 'compiled'}")) for name in ("eager", "compiled")
    )
    assert eager["state_dict"].keys() == compiled["state_dict"].keys()
    for name, value in eager["state_dict"].items():
        torch.testing.assert_close(compiled["state_dict"][name], value, rtol=1e-4, atol=1e-5, msg=name)
