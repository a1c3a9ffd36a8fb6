"""Weights of every known layout give their network; all others end in one line."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch.nn import functional as F

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import (
    SRCNN,
    Compact,
    Interpolation,
    MSRResNet,
    ResidualBlock,
    Shuffle,
    TrunkGenerator,
)
from sr_lightning.system import tensor_files
from tests.support.networks import RECIPE, described, equal, rrdbnet


def original(tensors):
    """Rename weights from BasicSR's layout to that of ESRGAN's first release."""
    pairs = [(r"body\.(\d+)\.rdb", r"RRDB_trunk.\1.RDB"), ("conv_body", "trunk_conv"), ("conv_up", "upconv"),
             ("conv_hr", "HRconv")]  # fmt: skip
    for theirs, older in pairs:
        tensors = {re.sub(theirs, older, name): value for name, value in tensors.items()}
    return tensors


def old(tensors, depth, positions):
    """Rename weights from BasicSR's layout to that of ESRGAN's first training code.

    Args:
        depth: number of blocks.
        positions: numbers of the layers after the trunk.
    """
    pairs = [(r"body\.(\d+)\.rdb(\d)\.conv(\d)", r"model.1.sub.\1.RDB\2.conv\3.0"), ("conv_first", "model.0"),
             ("conv_body", f"model.1.sub.{depth}")]  # fmt: skip
    ups = [f"conv_up{step}" for step in range(1, len(positions) - 1)]
    pairs += [(name, f"model.{place}") for name, place in zip([*ups, "conv_hr", "conv_last"], positions, strict=True)]
    for theirs, older in pairs:
        tensors = {re.sub(rf"^{theirs}\b", older, name): value for name, value in tensors.items()}
    return tensors


def test_real_esrgan_reproduces_its_published_output(shared):
    """The network is inferred from the shapes; the expected output was computed by BasicSR's RRDBNet."""
    network = weights.load(shared / "weights" / "realesrgan_x4plus.safetensors")
    golden = np.load(shared / "golden" / "realesrgan_x4plus_bird.npz")
    with torch.no_grad():
        sr = network(torch.from_numpy(golden["lr"]))
    torch.testing.assert_close(sr, torch.from_numpy(golden["sr"]), rtol=0, atol=1e-5)


def test_the_six_block_anime_network_loads(shared):
    network = weights.load(str(shared / "weights" / "realesrgan_x4plus_anime_6B.safetensors"))
    assert (network.scale, network.channels, len(network.trunk) - 2) == (4, 3, 6)
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_467_779
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


@pytest.mark.parametrize("unshuffle", [1, 2, 4])
@pytest.mark.parametrize(
    ("steps", "positions"), [(0, (2, 4)), (1, (3, 5, 7)), (2, (3, 6, 8, 10)), (3, (3, 6, 9, 11, 13))]
)
def test_every_layout_of_rrdbnet_is_recognized(tmp_path, steps, positions, unshuffle):
    if 2**steps % unshuffle:
        return
    network = rrdbnet(scale=2**steps // unshuffle, unshuffle=unshuffle, channels=1 if steps == 3 else 3)
    basicsr = weights.to_basicsr(network)
    for number, tensors in enumerate([basicsr, original(basicsr), old(basicsr, 2, positions)]):
        assert len(tensors) == len(basicsr)
        tensor_files.write(tmp_path / f"{number}.pth", tensors)
        assert equal(network, weights.load(tmp_path / f"{number}.pth"), network.channels)


def test_names_of_the_old_layout_are_as_published():
    names = old(weights.to_basicsr(rrdbnet(depth=1)), 1, (3, 6, 8, 10))
    layers = {name.removesuffix(".weight") for name in names if name.endswith(".weight")}
    trunk = {f"model.1.sub.0.RDB{dense}.conv{conv}.0" for dense in (1, 2, 3) for conv in (1, 2, 3, 4, 5)}
    assert layers == {"model.0", "model.1.sub.1", "model.3", "model.6", "model.8", "model.10"} | trunk


@pytest.mark.parametrize(("height", "width"), [(4, 8), (5, 7), (1, 1), (1, 6)])
@pytest.mark.parametrize("factor", [2, 4])
def test_unshuffle_moves_pixels_into_channels(factor, height, width):
    """It equals a network without pixel-unshuffle on the unshuffled image, padded by its last row and column."""
    network = rrdbnet(scale=4 // factor, unshuffle=factor)
    inner = rrdbnet(scale=4, channels=3 * factor**2)
    inner.tail = network.tail
    inner.load_state_dict(network.state_dict())
    lr = torch.rand(2, 3, height, width)
    padded = F.pad(lr, (0, -width % factor, 0, -height % factor), mode="replicate")
    with torch.no_grad():
        expected = inner(F.pixel_unshuffle(padded, factor))[..., : 4 // factor * height, : 4 // factor * width]
        assert torch.equal(network(lr), expected)


def test_compact_equals_the_published_network():
    """Computed from its definition: convolutions, PReLUs and a pixel shuffle, plus the nearest-neighbor enlargement."""
    network = Compact(width=5, depth=2, scale=3)
    tensors = network.state_dict()
    assert list(tensors) == [f"body.{i}.{kind}" for i in range(7) for kind in ("weight", "bias")
                             if kind == "weight" or i % 2 == 0]  # fmt: skip
    lr = torch.rand(1, 3, 4, 6)
    out = lr
    for i in range(0, 7, 2):
        out = F.conv2d(out, tensors[f"body.{i}.weight"], tensors[f"body.{i}.bias"], padding=1)
        out = F.prelu(out, tensors[f"body.{i + 1}.weight"]) if i < 6 else out
    expected = F.pixel_shuffle(out, 3) + lr.repeat_interleave(3, -1).repeat_interleave(3, -2)
    torch.testing.assert_close(network(lr), expected, rtol=0, atol=1e-6)
    assert sum(parameter.numel() for parameter in Compact().parameters()) == 621_424  # realesr-animevideov3


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_msrresnet_equals_the_published_network(scale):
    network = MSRResNet(width=5, depth=2, scale=scale)
    tensors = network.state_dict()
    names = ["conv_first", "body.0.conv1", "body.0.conv2", "body.1.conv1", "body.1.conv2", "upconv1"]
    names += ["upconv2"] * (scale == 4) + ["conv_hr", "conv_last"]
    assert list(tensors) == [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]

    def layer(name, features):
        return F.conv2d(features, tensors[f"{name}.weight"], tensors[f"{name}.bias"], padding=1)

    lr = torch.rand(1, 3, 4, 6)
    out = F.leaky_relu(layer("conv_first", lr), 0.1)
    for block in (0, 1):
        out = out + layer(f"body.{block}.conv2", layer(f"body.{block}.conv1", out).relu())
    for name in names[5:-2]:
        out = F.leaky_relu(F.pixel_shuffle(layer(name, out), 2 if scale == 4 else scale), 0.1)
    out = layer("conv_last", F.leaky_relu(layer("conv_hr", out), 0.1))
    expected = out + F.interpolate(lr, scale_factor=scale, mode="bilinear", align_corners=False)
    torch.testing.assert_close(network(lr), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "network",
    [Compact(4, 1, 1), Compact(5, 3, 4, 1), MSRResNet(4, 1, 2), MSRResNet(3, 2, 3, 1), MSRResNet(4, 1, 4)],
    ids=lambda network: f"{type(network).__name__}-x{network.scale}",
)
def test_compact_and_msrresnet_are_inferred_from_their_weights(tmp_path, network):
    save_file(network.state_dict(), tmp_path / "a.safetensors")
    assert equal(network, weights.load(tmp_path / "a.safetensors"), network.channels)


def halves(tensors):
    return {name: value / 2 for name, value in tensors.items()}


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda w: w,
        lambda w: {"params_ema": w, "params": halves(w)},
        lambda w: {"params-ema": w, "params": halves(w)},
        lambda w: {"params": w},
        lambda w: {"state_dict": w, "epoch": 3, "optimizer": {"param_groups": []}},
        lambda w: {f"module.{name}": value for name, value in w.items()},
        lambda w: {"params": {f"_orig_mod.module.{name}": value for name, value in w.items()}},
        lambda w: {"state_dict": {"discriminator.a": torch.ones(1)}
                   | {f"generator._orig_mod.{name}": value for name, value in w.items()}},
    ],
)  # fmt: skip
def test_wrappers_are_removed(tmp_path, wrapped):
    network = rrdbnet()
    tensor_files.write(tmp_path / "a.pth", wrapped(weights.to_basicsr(network)))
    assert equal(network, weights.load(tmp_path / "a.pth"))


def test_raw_weights_are_loaded_on_request(tmp_path):
    network = rrdbnet(depth=1)
    tensors = weights.to_basicsr(network)
    tensor_files.write(tmp_path / "both.pth", {"params": tensors, "params_ema": halves(tensors)})
    assert equal(network, weights.load(tmp_path / "both.pth", kind="raw"))
    tensor_files.write(tmp_path / "ema.pth", {"params_ema": tensors})
    with pytest.raises(InputError, match=r"ema\.pth: contains averaged weights only \(params_ema\); use kind=ema"):
        weights.load(tmp_path / "ema.pth", kind="raw")
    with pytest.raises(ValueError, match="kind must be ema or raw, got 'best'"):
        weights.load(tmp_path / "both.pth", kind="best")


def test_a_checkpoint_of_this_library_is_loaded(tmp_path):
    averaged, raw = described().eval(), described().eval()
    content = {
        "hyper_parameters": {"generator": RECIPE},
        "state_dict": {f"generator.{name}": value for name, value in raw.state_dict().items()},
        "ema": {"updates": 3, "generator": averaged.state_dict()},
    }
    tensor_files.write(tmp_path / "a.ckpt", content)
    assert equal(averaged, weights.load(tmp_path / "a.ckpt"), channels=1)
    assert equal(raw, weights.load(tmp_path / "a.ckpt", kind="raw"), channels=1)


def test_checkpoints_with_former_argument_names_load(tmp_path):
    """Checkpoints written before the American spelling name the argument ``initialisation``."""
    layers = "sr_lightning.generators"
    recipe = {
        "_target_": f"{layers}.TrunkGenerator",
        "block": {"_target_": f"{layers}.RRDB", "_partial_": True, "growth": 3, "initialisation": 0.1},
        "upsampler": {"_target_": f"{layers}.Nearest", "_partial_": True},
        "tail": {"_target_": f"{layers}.Tail", "_partial_": True, "hidden": True},
        "width": 6,
        "depth": 2,
    }
    network = rrdbnet()
    tensor_files.write(tmp_path / "a.ckpt", {"hyper_parameters": {"generator": recipe}, "params": network.state_dict()})
    assert equal(network, weights.load(tmp_path / "a.ckpt"))


def test_training_starts_from_published_weights(tmp_path):
    """An incompatible file leaves the network unchanged."""
    published, network = rrdbnet(), rrdbnet()
    tensor_files.write(tmp_path / "a.pth", {"params_ema": original(weights.to_basicsr(published))})
    weights.load_into(network, tmp_path / "a.pth")
    assert equal(published, network)
    before = rrdbnet(growth=4)
    kept = {name: value.clone() for name, value in before.state_dict().items()}
    message = (
        r"a\.pth: does not match.* RRDB_trunk.0.RDB1.conv1.weight is \(3, 6, 3, 3\) in the file and \(4, 6, 3, 3\) in"
    )
    with pytest.raises(InputError, match=message):
        weights.load_into(before, tmp_path / "a.pth")
    assert all(torch.equal(value, kept[name]) for name, value in before.state_dict().items())


NETWORKS = {
    "srcnn": lambda scale: SRCNN(widths=(2, 2), scale=scale),
    "rrdbnet": lambda scale: rrdbnet(scale, 1, 2, 1),
    "unshuffled by 2": lambda scale: rrdbnet({3: 1, 8: 4}.get(scale, scale), 1, 2, 1, unshuffle=2),
    "unshuffled by 4": lambda scale: rrdbnet({3: 1, 8: 2, 4: 2}.get(scale, scale), 1, 2, 1, unshuffle=4),
    "srresnet": lambda scale: TrunkGenerator(ResidualBlock, Shuffle, width=2, depth=1, scale=scale,
                                             skip=Interpolation("bicubic", scale)).eval(),
    "compact": lambda scale: Compact(2, 1, scale),
    "msrresnet": lambda scale: MSRResNet(2, 1, {1: 2, 8: 4}.get(scale, scale)),
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 2, 3, 4, 8]), st.sampled_from(sorted(NETWORKS)))
def test_output_is_exactly_scale_times_the_input(height, width, scale, kind):
    network = NETWORKS[kind](scale)
    with torch.no_grad():
        sr = network(torch.rand(1, 3, height, width))
    assert sr.shape == (1, 3, network.scale * height, network.scale * width)


def changed(name, value):
    return {**weights.to_basicsr(rrdbnet(depth=1)), name: value}


def unshuffled_without_steps():
    tensors = changed("conv_first.weight", torch.zeros(6, 12, 3, 3))
    return {name: value for name, value in tensors.items() if not name.startswith("conv_up")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"conv1.weight": torch.zeros(2, 3)}, r"an unknown network: found conv1.weight \(2, 3\); expected RR"),
        (rrdbnet(depth=1).state_dict(), "parameter names of this library .* give the run's .ckpt"),
        ({"epoch": 3, "lr\n": 1.0}, r"contains no weights of a generator; its keys are epoch, lr\\n"),
        (changed("conv_first.weight", torch.zeros(6, 3, 3)), r"conv_first.weight is \(6, 3, 3\), expected 4"),
        (changed("conv_last.bias", torch.zeros(5)), r"conv_last.bias is \(5,\) in the file and \(3,\) in the network"),
        (unshuffled_without_steps(), "an RRDBNet from 12 to 3 channels with 0 upsampling steps; a pixel-un"),
        (changed("conv_hr.weight", torch.zeros(7, 6, 3, 3)), r"conv_hr.weight is \(7, 6, 3, 3\) in the file and \("),
        (changed("conv_hr.weight", torch.zeros(6, 6, 3, 3, dtype=torch.int8)), "int8 in the file"),
        (changed("conv_hr.weight", torch.full((6, 6, 3, 3), torch.nan)), "conv_hr.weight has non-finite values"),
        (changed("conv_hr.weight", torch.zeros(6, 6, 3, 3).to_sparse()), "conv_hr.weight is not a plain"),
        (changed("conv_hr.weight", torch.zeros(1).expand(10**6, 10**6, 3, 3)), "conv_hr.weight is not a plain"),
        (changed("body.0.rdb1.conv1x1.weight", torch.zeros(1)), "conv1x1.weight is not a part of an RRDBNet with 1"),
        (changed("body.1.rdb1.conv1.weight", torch.zeros(1)), "body.1.rdb1.conv1.bias is missing from an RRDBNet"),
        ({"body.0.weight": torch.zeros(4, 3, 3, 3), "body.1.weight": torch.zeros(4), "body.2.weight":
          torch.zeros(7, 4, 3, 3)}, "an SRVGGNetCompact from 3 to 7 channels"),
        ({**MSRResNet(2, 1, 2).state_dict(), "upconv1.weight": torch.zeros(50, 2, 3, 3)}, "scale must be .*, got 5"),
    ],
)  # fmt: skip
def test_other_weights_end_in_one_line(tmp_path, content, message):
    tensor_files.write(tmp_path / "a.pth", content)
    with pytest.raises(InputError, match=message) as error:
        weights.load(tmp_path / "a.pth")
    assert str(error.value).startswith(str(tmp_path / "a.pth"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"_target_": "os.system", "command": "true"}, r"builds its network from os\.system, which is not a part"),
        ({"_target_": "torch.nn.functional.torch.hub.load", "repo_or_dir": "a/b"}, r"builds its .*torch\.hub\.load"),
        ({"_target_": "torch.nn.functional"}, r"builds its network from torch\.nn\.functional"),
        ({"_target_": "torch.nn.init"}, r"builds its network from torch\.nn\.init"),
        ({**RECIPE, "depth": 10**9}, "with a size of 1000000000; the limit is 4096"),
        ({**RECIPE, "scale": 5}, "cannot be built .scale must be one of 1, 2, 3, 4, 8, got 5"),
        ({**RECIPE, "color": 5}, "cannot be built .*color"),
        ({**RECIPE, "width": "wide"}, "cannot be built"),
        ({**RECIPE, "width": 5}, r"head.0.weight is \(4, 1, 3, 3\) in the file and \(5, 1, 3, 3\) in the network"),
        ({"_target_": "torch.nn.Identity"}, "describes a Identity, which is not a generator"),
        ([1], "describes a list"),
    ],
)
def test_untrusted_checkpoints_build_only_known_layers(tmp_path, recipe, message):
    tensor_files.write(tmp_path / "a.ckpt", {"hyper_parameters": {"generator": recipe}, **described().state_dict()})
    with pytest.raises(InputError, match=message) as error:
        weights.load(tmp_path / "a.ckpt")
    assert "\n" not in str(error.value)
