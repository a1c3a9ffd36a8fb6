"""Every discriminator states the smallest image that it takes."""

import pytest
import torch
from torch import nn

from sr_lightning.discriminators import Discriminator, PatchDiscriminator, UNetDiscriminator, VGGDiscriminator
from sr_lightning.discriminators.protocol import smallest_size


@pytest.mark.parametrize("network", [PatchDiscriminator(width=4), UNetDiscriminator(width=4)])
def test_a_discriminator_takes_images_of_its_smallest_size_and_none_below(network):
    size = smallest_size(network)
    assert isinstance(network, Discriminator)
    assert network(torch.rand(2, 3, size, size)).shape[0] == 2
    with pytest.raises(ValueError, match=f"at least {size}x{size} pixels"):
        network(torch.rand(2, 3, size, size - 1))


@pytest.mark.parametrize("network", [None, nn.Identity(), VGGDiscriminator(1, width=4)])
def test_networks_without_a_smallest_size_take_any(network):
    assert smallest_size(network) == 1
