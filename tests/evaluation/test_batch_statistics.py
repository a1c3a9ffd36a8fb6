"""Outputs with running statistics and with those of the image."""

import torch

from sr_lightning.evaluation.batch_statistics import upscale_with_both_statistics
from tests.support.networks import rrdbnet, same, trained


def test_the_outputs_differ_with_batch_norm_and_the_running_statistics_are_kept():
    network = trained(0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    lr = 0.2 * torch.rand(1, 6, 7, generator=torch.Generator().manual_seed(0))
    running, own, gap = upscale_with_both_statistics(network, lr)
    with torch.no_grad():
        assert torch.equal(running, network(lr[None])[0].clamp(0, 1))
        assert torch.equal(own, network.train()(lr[None])[0].clamp(0, 1))
    assert gap == 255 * float((running - own).square().mean().sqrt()) > 0
    network.load_state_dict(before)
    upscale_with_both_statistics(network.eval(), lr)
    assert same(before, network.state_dict())


def test_without_batch_norm_they_are_equal():
    assert upscale_with_both_statistics(rrdbnet(), torch.rand(3, 6, 7)).gap == 0
