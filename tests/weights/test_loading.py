"""Weights of every known layout and wrapper are loaded; all others end in one line."""

import numpy as np
import pytest
import torch

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import (
    MSRResNet,
)
from sr_lightning.system import tensor_files
from tests.support.networks import RECIPE, described, equal, esrgan_layout, rrdbnet


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
    tensor_files.write(tmp_path / "a.pth", {"params_ema": esrgan_layout(weights.to_basicsr(published))})
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
