"""AlexNet's features agree with the network computed layer by layer."""

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from sr_lightning.errors import InputError
from sr_lightning.features import AlexNet, pretrained
from sr_lightning.features.alexnet import LAYERS


def independent(weights: dict[str, torch.Tensor], x: torch.Tensor) -> dict[str, torch.Tensor]:
    features = {}
    for i, (n, stride, padding) in enumerate([(0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1)], start=1):
        if i in (2, 3):
            x = F.max_pool2d(x, 3, 2)
        weight, bias = (weights[f"features.{n}.{kind}"].float() for kind in ("weight", "bias"))
        x = F.conv2d(x, weight, bias, stride=stride, padding=padding).clamp(min=0)
        features[f"relu{i}"] = x
    return features


def test_features_agree_with_an_independent_computation():
    image = torch.rand(2, 3, 65, 80, generator=torch.Generator().manual_seed(0))
    mean, deviation = (torch.tensor(rgb)[:, None, None] for rgb in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    expected = independent(load_file(pretrained.ALEXNET), (image - mean) / deviation)
    with torch.no_grad():
        actual = AlexNet(LAYERS)(image)
        assert list(AlexNet(["relu2"])(image)) == ["relu2"]
    assert list(actual) == list(LAYERS)
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


def test_the_smallest_image_gives_one_feature():
    network = AlexNet(LAYERS)
    assert network(torch.rand(1, 3, network.smallest, network.smallest))["relu5"].shape == (1, 256, 1, 1)
    with pytest.raises(RuntimeError, match="too small"):
        network(torch.rand(1, 3, network.smallest - 1, network.smallest))


def test_construction_draws_no_random_numbers():
    state = torch.get_rng_state()
    AlexNet(LAYERS)
    assert torch.equal(torch.get_rng_state(), state)


def test_unknown_layers_and_weights_of_other_networks_are_errors():
    with pytest.raises(ValueError, match=r"layers of AlexNet are relu1, .*, relu5; got 'conv6'"):
        AlexNet(["conv6"])
    with pytest.raises(InputError, match=r"features\.0\.weight is of shape \(64, 3, 3, 3\), and conv1\.weight needs"):
        AlexNet(LAYERS, pretrained.EMBEDDED)
