"""Variants of published networks: ESRGAN+, other channels and scales, activations without weights."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import RRDB, Compact, Nearest, Tail, TrunkGenerator
from sr_lightning.ops.resize import bicubic
from sr_lightning.system import tensor_files
from sr_lightning.upscaling import Upscaler
from sr_lightning.weights.architectures.rrdbnet import BASICSR, OLD, ORIGINAL
from tests.support.networks import equal, outputs, rrdbnet


def plus_net(scale=4, **changes):
    block = partial(RRDB, growth=3, plus=True)
    return TrunkGenerator(block, Nearest, tail=partial(Tail, hidden=True), width=6, depth=2, scale=scale,
                          **changes).eval()  # fmt: skip


def test_the_shortcuts_of_esrgan_plus_equal_their_definition():
    """x2 = conv2(x, x1) + conv1x1(x); x4 = conv4(x, x1, x2, x3) + x2; computed from the published names."""
    network = RRDB(6, growth=3, plus=True).body[0]
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.2)
    state = network.state_dict()

    def conv(number, *features):
        name = f"convolutions.{number - 1}"
        return F.conv2d(torch.cat(features, 1), state[f"{name}.weight"], state[f"{name}.bias"], padding=1)

    x = torch.randn(2, 6, 5, 7)
    x1 = F.leaky_relu(conv(1, x), 0.2)
    x2 = F.leaky_relu(conv(2, x, x1), 0.2) + F.conv2d(x, state["shortcut.weight"])
    x3 = F.leaky_relu(conv(3, x, x1, x2), 0.2)
    x4 = F.leaky_relu(conv(4, x, x1, x2, x3), 0.2) + x2
    torch.testing.assert_close(network(x), x + 0.2 * conv(5, x, x1, x2, x3, x4), rtol=0, atol=1e-6)


@pytest.mark.parametrize("layout", [BASICSR, ORIGINAL, OLD], ids=["basicsr", "original", "old"])
@pytest.mark.parametrize(("scale", "unshuffle"), [(4, 1), (2, 2), (1, 1)])
def test_esrgan_plus_is_recognized_in_every_layout(tmp_path, layout, scale, unshuffle):
    network = plus_net(scale, unshuffle=unshuffle)
    names = layout.names(2, len(network.upsample), plus=True)
    tensors = {names[name]: value for name, value in network.state_dict().items()}
    assert sum(name.endswith("conv1x1.weight") for name in tensors) == 2 * 3
    tensor_files.write(tmp_path / "a.pth", tensors)
    assert equal(network, weights.load(tmp_path / "a.pth"))


def test_esrgan_plus_is_exported_under_the_names_of_its_authors(tmp_path):
    """Other programs read it in this layout only."""
    network = plus_net()
    tensors = weights.to_basicsr(network)
    shortcuts = [name for name in tensors if "conv1x1" in name]
    assert shortcuts == [f"model.1.sub.{block}.RDB{dense}.conv1x1.weight" for block in (0, 1) for dense in (1, 2, 3)]
    assert {"model.0.weight", "model.1.sub.0.RDB1.conv1.0.bias", "model.1.sub.2.weight", "model.3.weight",
            "model.6.weight", "model.8.weight", "model.10.bias"} <= tensors.keys()  # fmt: skip
    weights.write(tmp_path / "a.PTH", network)
    assert equal(network, weights.load(tmp_path / "a.PTH"))


@pytest.mark.parametrize("steps", range(7))
def test_every_power_of_two_is_a_scale(tmp_path, steps):
    network = rrdbnet(2**steps, depth=1, width=2, growth=1)
    tensor_files.write(tmp_path / "a.safetensors", weights.to_basicsr(network))
    loaded = weights.load(tmp_path / "a.safetensors")
    assert loaded.scale == 2**steps
    (sr,) = outputs(loaded, size=(2, 3))
    assert sr.shape == (1, 3, 2 * 2**steps, 3 * 2**steps)
    assert torch.equal(sr, outputs(network, size=(2, 3))[0])


@pytest.mark.parametrize("channels", [(1, 3), (3, 1), (4, 3), (3, 4), (4, 4), (5, 3), (6, 3), (2, 1), (1, 1)])
def test_input_and_output_channels_are_inferred(tmp_path, channels):
    channels_in, channels_out = channels
    network = rrdbnet(depth=1, channels=channels_in, channels_out=channels_out)
    tensor_files.write(tmp_path / "a.pth", weights.to_basicsr(network))
    loaded = weights.load(tmp_path / "a.pth")
    assert (loaded.channels, loaded.channels_out) == channels
    assert equal(network, loaded, channels_in)


@pytest.mark.parametrize(("channels_in", "channels", "factor"), [(12, 3, 2), (48, 3, 4), (4, 1, 2), (16, 4, 2)])
def test_four_or_sixteen_times_the_channels_are_a_pixel_unshuffle(tmp_path, channels_in, channels, factor):
    network = rrdbnet(4 // factor, 1, channels=channels, unshuffle=factor)
    assert weights.to_basicsr(network)["conv_first.weight"].shape[1] == channels_in
    tensor_files.write(tmp_path / "a.pth", weights.to_basicsr(network))
    assert equal(network, weights.load(tmp_path / "a.pth"), channels)


@pytest.mark.parametrize("channels", [(1, 1), (1, 3), (3, 1), (3, 3), (4, 3), (4, 4), (3, 4)])
def test_an_upscaler_returns_the_channels_of_the_image_for_every_network(channels):
    upscaler = Upscaler(rrdbnet(2, 1, channels=channels[0], channels_out=channels[1]), precision="float32")
    for count in (1, 3):
        assert upscaler(torch.rand(count, 5, 6)).shape == (count, 10, 12)


def test_a_network_for_rgba_sees_an_opaque_image():
    seen = []

    class Network(nn.Module):
        scale, channels = 1, 4

        def forward(self, lr):
            seen.append(lr)
            return lr

    image = torch.rand(3, 5, 6)
    assert torch.equal(Upscaler(Network(), precision="float32")(image), image)
    assert torch.equal(seen[-1][0], torch.cat([image, torch.ones(1, 5, 6)]))
    with pytest.raises(ValueError, match="a network for 5 channels cannot upscale an image of 3"):
        Upscaler(rrdbnet(1, 1, channels=5), precision="float32")(image)


def trained_compact(activation, seed):
    """Train a small network without PReLU for some seconds to enlarge smooth images twice."""
    torch.manual_seed(seed)
    network = Compact(12, 3, 2, activation=activation)
    for layer in network.body:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(250):
        hr = bicubic(torch.rand(4, 3, 8, 8), 4).clamp(0, 1)
        loss = F.l1_loss(network(bicubic(hr, 0.5)), hr)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", ["ReLU", "LeakyReLU"])
def test_the_activation_of_a_trained_compact_network_is_inferred(tmp_path, caplog, name, seed):
    """ReLU and LeakyReLU have no weights; with the wrong one, a trained network distorts smooth images."""
    activation = {"ReLU": lambda _: nn.ReLU(), "LeakyReLU": lambda _: nn.LeakyReLU(0.1)}[name]
    network = trained_compact(activation, seed)
    names = [key for key in network.state_dict() if key.endswith("weight")]
    assert names == [f"body.{number}.weight" for number in (0, 2, 4, 6, 8)]
    torch.save({"params": network.state_dict()}, tmp_path / "a.pth")
    assert equal(network, weights.load(tmp_path / "a.pth"))
    assert f"the weights do not say whether the network has ReLU or LeakyReLU; took {name}, with which" in caplog.text


def test_prelu_needs_no_assumption(tmp_path, caplog):
    network = Compact(4, 2, 2)
    torch.save(network.state_dict(), tmp_path / "a.pth")
    assert equal(network, weights.load(tmp_path / "a.pth"))
    assert not caplog.records


def test_a_compact_network_without_prelu_is_exported_with_a_note():
    network = Compact(4, 2, 2, activation=lambda _: nn.ReLU())
    for parameter in network.parameters():
        nn.init.constant_(parameter, -0.1)  # negative features: LeakyReLU's output differs from ReLU's
    tensors = network.state_dict()
    assert weights.spandrel_limit(tensors) == "chaiNNer and ComfyUI read SRVGGNetCompact only with PReLU"


def test_inconsistent_shapes_without_prelu_end_in_one_line(tmp_path):
    tensors = Compact(4, 2, 2, activation=lambda _: nn.ReLU()).state_dict()
    torch.save({**tensors, "body.2.weight": torch.zeros(4, 5, 3, 3)}, tmp_path / "a.pth")
    with pytest.raises(InputError, match=r"body.2.weight is \(4, 5, 3, 3\) in the file and \(4, 4, 3, 3\) in the"):
        weights.load(tmp_path / "a.pth")
