"""Validation with the batch statistics of batch norm."""

import pytest
import torch
from torch import nn

import sr_lightning.train  # noqa: F401, registers the resolvers of conf/
from sr_lightning.callbacks.batch_norm_gap import use_batch_statistics
from sr_lightning.generators.complexity import parameters
from tests.support.runs import logged


def test_batch_statistics_are_those_of_training_and_running_statistics_stay():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    image = torch.rand(1, 3, 8, 8)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.eval()
    with torch.no_grad(), use_batch_statistics(network):
        output = network(image)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert not network[1].training
    torch.testing.assert_close(output, network.train()(image))
    assert parameters(network) == 3 * 4 * 9 + 4 + 8


@pytest.mark.parametrize(("norm", "differs"), [("batch", True), ("none", False)])
def test_the_gap_of_batch_norm_is_measured(train, norm, differs):
    """Without batch norm the gap is 0 and both scores are equal; with it both scores differ."""
    folder = train("run", "experiment=bn_artifacts", "model=srresnet", f"norm={norm}", "metrics=fidelity")
    gap = logged(folder, "val/batch_statistics_gap")
    scores, batch_scores = (logged(folder, f"val/{prefix}psnr_y") for prefix in ("", "batch_statistics_"))
    assert sorted(gap) == sorted(scores) == sorted(batch_scores) == [2, 4]
    assert all((value > 0) == differs for value in gap.values())
    assert (scores != batch_scores) == differs
