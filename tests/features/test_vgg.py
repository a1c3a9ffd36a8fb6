"""Features of a VGG: the right layers, in the right form."""

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from sr_lightning.features import VGG, embedded
from sr_lightning.features.vgg import layer_names
from tests.support.feature_weights import (
    POSITIONS,
    images,
    independent,
    perceptual,
)


def test_features_are_those_computed_independently(shared):
    file = shared / "weights" / "vgg16_features.safetensors"
    image = images(2, 3, 37, 50)
    expected = independent(load_file(file), image)
    with torch.no_grad():
        found = VGG(list(expected), file, depth=16)(image)
    assert list(found) == list(expected) == layer_names(16)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("layer", "last"), [("conv1_1", "conv1_1"), ("relu2_1", "relu2_1"), ("pool2", "pool2")])
def test_no_layer_below_the_deepest_is_built(layer, last):
    assert list(dict(VGG([layer, "conv1_1"], embedded(), depth=16).named_children()))[-1] == last


@pytest.mark.parametrize("depth", [16, 19])
def test_layers_are_torchvisions(depth):
    names = layer_names(depth)
    assert [i for i, name in enumerate(names) if name.startswith("conv")] == POSITIONS[depth]
    assert len(names) == {16: 31, 19: 37}[depth]
    assert names[-3:] == {16: ["conv5_3", "relu5_3", "pool5"], 19: ["conv5_4", "relu5_4", "pool5"]}[depth]


def test_ceil_mode_keeps_the_last_row_and_normalization_is_optional():
    image = images(1, 3, 5, 7)
    with torch.no_grad():
        assert VGG(["pool1"], embedded(), depth=16)(image)["pool1"].shape[-2:] == (2, 3)
        assert VGG(["pool1"], embedded(), depth=16, ceil_mode=True)(image)["pool1"].shape[-2:] == (3, 4)
        plain = VGG(["conv1_1"], embedded(), depth=16, normalize=False)
        expected = F.conv2d(image, plain.conv1_1.weight, plain.conv1_1.bias, padding=1)
        torch.testing.assert_close(plain(image)["conv1_1"], expected)


def test_channels_repeat_or_are_selected():
    loss = perceptual()
    sr, hr = images(2, 5, 16, 16), images(2, 5, 16, 16).flip(0)
    assert torch.equal(loss(sr, hr), loss(sr[:, :3], hr[:, :3]))
    grey = [image[:, :1] for image in (sr, hr)]
    torch.testing.assert_close(loss(*grey), loss(*(image.repeat(1, 3, 1, 1) for image in grey)))
    with pytest.raises(ValueError, match=r"1, 3 or more channels, got \(2, 2, 16, 16\)"):
        loss(sr[:, :2], hr[:, :2])


def test_convolutions_in_float32_are_counted_from_the_first():
    """Under autocast, in the memory layout of the image; compiled too."""
    layers = ["conv1_1", "conv1_2", "conv2_1", "relu2_1"]
    image = images(1, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    for count in range(4):
        network = VGG(layers, embedded(), depth=16, float32=count).to(memory_format=torch.channels_last)
        compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            features, again = network(image), compiled(image)
        convolutions = [features[name].dtype for name in layers[:3]]
        assert convolutions == [torch.float32] * count + [torch.bfloat16] * (3 - count)
        assert features["relu2_1"].dtype == convolutions[-1]
        assert all(value.is_contiguous(memory_format=torch.channels_last) for value in features.values())
        torch.testing.assert_close(again, features)
