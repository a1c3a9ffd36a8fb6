"""Frozen feature extractors."""

import torch
from torch import nn

from sr_lightning.features import Frozen
from tests.support.feature_weights import images


def test_frozen_networks_follow_conversions_and_stay_in_evaluation_mode():
    frozen = Frozen(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout()))
    image = images(2, 3, 8, 8)
    outside = nn.Sequential(frozen)
    expected = outside(image)
    assert torch.equal(outside.train()(image), expected)
    outside.requires_grad_(True).zero_grad()
    outside.double().to(memory_format=torch.channels_last)
    network = frozen._hidden[0]
    assert network[0].weight.dtype == torch.float64
    assert network[0].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(outside(image.double()).float(), expected)
    assert next(outside.to("meta")[0]._hidden[0].parameters()).is_meta
