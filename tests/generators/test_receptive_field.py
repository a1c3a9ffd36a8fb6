"""Receptive fields and gradients of generators."""

import pytest
import torch
from torch import nn

from sr_lightning.generators import SRCNN, Interpolation
from sr_lightning.generators.receptive_field import influence, receptive_field
from tests.support.networks import rrdbnet


class Convolutions(nn.Sequential):
    """A generator of convolutions at one resolution."""

    scale, channels = 1, 3


@pytest.mark.parametrize(("kernels", "side"), [((1,), 1), ((3,), 3), ((3, 3), 5), ((9, 1, 5), 13)])
def test_receptive_fields_of_convolutions(kernels, side):
    layers = [nn.Conv2d(3, 3, kernel, padding=kernel // 2) for kernel in kernels]
    assert receptive_field(Convolutions(*layers)) == side


def test_interpolation_and_srcnn():
    assert receptive_field(Interpolation("nearest", 4)) == 1
    assert receptive_field(Interpolation("bilinear", 4)) == 2
    assert receptive_field(Interpolation("bicubic", 4)) == 4
    assert receptive_field(SRCNN(scale=4)) == pytest.approx(4 + 16 / 4)  # 9-5-5 adds 16 HR pixels to bicubic's


def test_each_rrdb_adds_fifteen_convolutions():
    one, two = (receptive_field(rrdbnet(depth=depth)) for depth in (1, 2))
    assert two - one == 2 * 15


def test_unbounded_receptive_fields_are_refused():
    with pytest.raises(ValueError, match="4096"):
        receptive_field(Convolutions(nn.Conv2d(3, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Upsample((1, 4096))))


def test_influence_is_the_norm_of_the_gradient():
    network = Convolutions(nn.Conv2d(3, 3, 3, padding=1, bias=False))
    weight = torch.randn(3, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    network[0].weight.data = weight
    strength = influence(network, torch.zeros(3, 8, 8))
    assert strength.shape == (8, 8)
    assert torch.allclose(strength[3:6, 3:6], weight.sum(0).norm(dim=0))
    assert strength.count_nonzero() == 9
