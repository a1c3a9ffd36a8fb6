"""Generators have their published sizes and exact output shapes, and their parts combine freely."""

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sr_lightning.generators import (
    RRDB,
    SRCNN,
    Head,
    Interpolation,
    Nearest,
    NoSkip,
    ResidualBlock,
    Shuffle,
    Tail,
    TrunkGenerator,
)
from sr_lightning.generators.activations import PReLU

SCALES = [1, 2, 3, 4, 8]


def srresnet(**changes) -> TrunkGenerator:
    parts = {
        "block": partial(ResidualBlock, norm=nn.BatchNorm2d),
        "upsampler": Shuffle,
        "head": partial(Head, kernel=9, activate=True),
        "tail": partial(Tail, kernel=9),
        "norm": nn.BatchNorm2d,
        "depth": 16,
    }
    return TrunkGenerator(**{**parts, **changes})


def rrdbnet(**changes) -> TrunkGenerator:
    parts = {"block": RRDB, "upsampler": Nearest, "tail": partial(Tail, hidden=True), "depth": 23}
    return TrunkGenerator(**{**parts, **changes})


def small(block, norm, scale, skip=None) -> nn.Module:
    return TrunkGenerator(partial(block, norm=norm), Shuffle, norm=norm, width=4, depth=1, scale=scale, skip=skip)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_published_sizes():
    """ESRGAN's RRDBNet, and SRResNet counted by hand from its Fig. 4."""
    assert parameters(rrdbnet()) == 16_697_987
    conv = 64 * 64 * 9 + 64
    head = 3 * 64 * 81 + 64 + 1
    blocks = 16 * (2 * conv + 2 * 128 + 1)
    end_of_trunk = conv + 128
    upsampling = 2 * (64 * 256 * 9 + 256 + 1)
    tail = 64 * 3 * 81 + 3
    assert parameters(srresnet()) == head + blocks + end_of_trunk + upsampling + tail == 1_549_462
    assert parameters(SRCNN()) == 3 * 64 * 81 + 64 + 64 * 32 * 25 + 32 + 32 * 3 * 25 + 3


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.Identity])
@pytest.mark.parametrize("block", [ResidualBlock, RRDB])
def test_output_is_exactly_scale_times_the_input(block, norm, scale):
    network = small(block, norm, scale, Interpolation("bicubic", scale)).eval()
    for height, width in [(1, 1), (1, 7), (5, 3)]:
        with torch.no_grad():
            assert network(torch.rand(1, 3, height, width)).shape == (1, 3, scale * height, scale * width)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(SCALES), st.sampled_from(["srcnn", "trunk", "bicubic"]))
def test_shapes_hold_for_all_sizes(height, width, scale, kind):
    network = {
        "srcnn": lambda: SRCNN(widths=(2, 2), scale=scale),
        "trunk": lambda: small(RRDB, nn.Identity, scale),
        "bicubic": lambda: Interpolation("bicubic", scale),
    }[kind]()
    with torch.no_grad():
        assert network(torch.rand(1, 3, height, width)).shape == (1, 3, scale * height, scale * width)


@pytest.mark.parametrize("block", [ResidualBlock, RRDB])
def test_norm_applies_to_blocks_and_trunk(block):
    """Without norm, no normalization layer remains."""
    with_norm, without = small(block, nn.BatchNorm2d, 2), small(block, nn.Identity, 2)
    count = sum(isinstance(layer, nn.BatchNorm2d) for layer in with_norm.modules())
    assert count == {ResidualBlock: 2, RRDB: 15}[block] + 1
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in without.modules())
    with_norm.train()(torch.rand(2, 3, 8, 8)).mean().backward()
    assert all(parameter.grad is not None for parameter in with_norm.parameters())


def test_small_initialization_makes_a_block_nearly_linear():
    """ESRGAN, sec. 3.1: weights at a tenth of Kaiming's deviation and zero biases, so the output is about 1.2 x."""
    torch.manual_seed(0)
    block = RRDB(64)
    first = block.body[0].convolutions[0]
    assert first.weight.std().item() == pytest.approx(0.1 * (2 / (64 * 9)) ** 0.5, rel=0.02)
    assert first.bias.abs().max() == 0
    features = torch.randn(1, 64, 8, 8)
    assert (block(features) - 1.2 * features).std() < 0.01


def test_skip_adds_the_bicubic_enlargement():
    network = small(ResidualBlock, nn.Identity, 4, Interpolation("bicubic", 4))
    lr = torch.rand(1, 3, 6, 5)
    plain = small(ResidualBlock, nn.Identity, 4, NoSkip())
    plain.load_state_dict(network.state_dict())
    torch.testing.assert_close(network(lr) - plain(lr), Interpolation("bicubic", 4)(lr), rtol=0, atol=1e-5)


@pytest.mark.parametrize("scale", [0, 5, 6, 12, 24, 128, -2])
def test_unsupported_scales_are_errors(scale):
    with pytest.raises(ValueError, match=f"got {scale}"):
        small(ResidualBlock, nn.Identity, scale)
    if scale < 1:
        with pytest.raises(ValueError, match=f"got {scale}"):
            Interpolation("nearest", scale)


def test_unknown_interpolation_modes_are_errors():
    with pytest.raises(ValueError, match="'lanczos'"):
        Interpolation("lanczos", 2)


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_interpolation_of_a_constant_is_constant(mode):
    sr = Interpolation(mode, 3)(torch.full((1, 3, 4, 5), 0.25))
    torch.testing.assert_close(sr, torch.full((1, 3, 12, 15), 0.25))


def test_prelu_equals_torch():
    ours, theirs = PReLU().double(), nn.PReLU().double()
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for weight in (0.25, 0.75, -0.5):
        gradients = []
        for layer in (ours, theirs):
            layer.weight.data.fill_(weight)
            features = torch.linspace(-2, 2, 42, dtype=torch.float64).view(1, 2, 3, 7).requires_grad_()
            out = layer(features)
            gradients.append((out, *torch.autograd.grad((out * out.detach().cos()).sum(), [features, layer.weight])))
        torch.testing.assert_close(gradients[0], gradients[1])
