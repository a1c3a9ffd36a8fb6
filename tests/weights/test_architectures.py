"""Published architectures are recognized by their weights and equal their definitions."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch.nn import functional as F

from sr_lightning import weights
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
from tests.support.networks import equal, esrgan_layout, rrdbnet


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


@pytest.mark.parametrize("unshuffle", [1, 2, 4])
@pytest.mark.parametrize(
    ("steps", "positions"), [(0, (2, 4)), (1, (3, 5, 7)), (2, (3, 6, 8, 10)), (3, (3, 6, 9, 11, 13))]
)
def test_every_layout_of_rrdbnet_is_recognized(tmp_path, steps, positions, unshuffle):
    if 2**steps % unshuffle:
        return
    network = rrdbnet(scale=2**steps // unshuffle, unshuffle=unshuffle, channels=1 if steps == 3 else 3)
    basicsr = weights.to_basicsr(network)
    for number, tensors in enumerate([basicsr, esrgan_layout(basicsr), old(basicsr, 2, positions)]):
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
