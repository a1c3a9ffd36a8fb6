"""LPIPS and DISTS without torchvision: the message; and how torchmetrics' networks are wired."""

from importlib.machinery import ModuleSpec

import pytest
import torch
from torch import nn
from torchmetrics.functional.image import lpips as functional
from torchmetrics.image import lpip

from sr_lightning.errors import InputError
from sr_lightning.metrics import DISTS, LPIPS, perceptual


@pytest.fixture
def without_torchvision(monkeypatch):
    monkeypatch.setattr(perceptual, "find_spec", lambda name: None)


@pytest.fixture
def with_random_features(monkeypatch):
    """AlexNet's features with random weights in the place of torchvision's; the rest is torchmetrics'."""

    def features(net: str, pretrained: bool = False) -> nn.Sequential:
        torch.manual_seed(0)
        return nn.Sequential(
            *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
            *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
        )

    monkeypatch.setattr(perceptual, "find_spec", lambda name: ModuleSpec(name, None))
    monkeypatch.setattr(lpip, "_TORCHVISION_AVAILABLE", True)
    monkeypatch.setattr(functional, "_get_tv_model_features", features)


@pytest.mark.usefixtures("without_torchvision")
@pytest.mark.parametrize("metric", [LPIPS, DISTS])
def test_a_missing_extra_is_one_line_that_names_it(metric):
    with pytest.raises(InputError, match=rf"^{metric.__name__} .*pip install 'sr_lightning\[perceptual-metrics\]'$"):
        metric()


def test_an_unknown_network_is_an_error():
    with pytest.raises(ValueError, match="'resnet'"):
        LPIPS(network="resnet")


@pytest.mark.usefixtures("with_random_features")
def test_lpips_is_torchmetrics_of_8_bit_images_one_by_one():
    sr, hr = torch.rand(2, 2, 3, 70, 70, generator=torch.Generator().manual_seed(0))
    metric = LPIPS(network="alex", border=3)
    eight = [image[..., 3:-3, 3:-3].mul(255).round().div(255) for image in (sr, hr)]
    for i, value in enumerate(metric.measure(sr, hr)):
        pair = (image[i : i + 1] for image in eight)
        expected = functional.learned_perceptual_image_patch_similarity(*pair, net_type="alex", normalize=True)
        assert value.item() == pytest.approx(expected.item(), rel=1e-4)
    assert metric(sr[:1], hr[:1]).item() == pytest.approx(metric.measure(sr, hr)[0].item(), rel=1e-4)
    assert metric(hr, hr).item() == 0
    assert not metric.higher_is_better


@pytest.mark.usefixtures("with_random_features")
def test_the_network_is_in_no_checkpoint_and_no_optimizer():
    module = nn.ModuleDict({"lpips": LPIPS()})
    assert not module.state_dict()
    assert not list(module.parameters())


@pytest.mark.usefixtures("with_random_features")
def test_dists_measures_8_bit_rgb_images_one_by_one(monkeypatch):
    class Network(nn.Module):
        """As torchmetrics' network it drops the batch dimension of one image."""

        def forward(self, sr, hr):
            return (sr - hr).abs().mean((1, 2, 3)).squeeze()

    monkeypatch.setattr(perceptual, "DISTSNetwork", Network)
    sr, hr = torch.zeros(3, 3, 8, 8), torch.tensor([0.0, 85.3, 170.0]).view(3, 1, 1, 1).expand(3, 3, 8, 8) / 255
    assert DISTS().measure(sr, hr).tolist() == pytest.approx([0, 1 / 3, 2 / 3])
    assert DISTS()(sr[1:2], hr[1:2]).item() == pytest.approx(1 / 3)
