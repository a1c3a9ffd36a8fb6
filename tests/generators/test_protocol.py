"""Every generator has the members that the library expects."""

import pytest
import torch

from sr_lightning.generators import SRCNN, Compact, Generator, Interpolation, MSRResNet
from sr_lightning.generators.protocol import channels_of
from tests.support.networks import rrdbnet


@pytest.mark.parametrize(
    ("network", "channels"),
    [
        (Compact(width=4, depth=1, scale=2, channels=1), 1),
        (Interpolation("bicubic", 3), 3),
        (MSRResNet(width=4, depth=1, scale=4), 3),
        (SRCNN(scale=2, channels=1), 1),
        (rrdbnet(scale=2, channels=4), 4),
    ],
)
def test_generators_have_scale_and_channels(network, channels):
    assert isinstance(network, Generator)
    assert channels_of(network) == channels
    sr = network(torch.rand(1, channels, 5, 6))
    assert sr.shape == (1, channels, 5 * network.scale, 6 * network.scale)


def test_a_network_without_scale_is_no_generator():
    assert not isinstance(torch.nn.Identity(), Generator)
