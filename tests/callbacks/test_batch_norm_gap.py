"""What batch norm hides."""

import pytest
import torch
from torch import nn

import sr_lightning.train  # noqa: F401, the resolvers that conf/ uses
from sr_lightning.callbacks.batch_norm_gap import by_batch
from sr_lightning.generators.complexity import parameters
from tests.support.runs import logged


def test_batch_statistics_are_those_of_training_and_are_not_collected():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    image = torch.rand(1, 3, 8, 8)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network.eval()
    with torch.no_grad(), by_batch(network):
        found = network(image)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert not network[1].training
    torch.testing.assert_close(found, network.train()(image))
    assert parameters(network) == 3 * 4 * 9 + 4 + 8


@pytest.mark.parametrize(("norm", "differs"), [("batch", True), ("none", False)])
def test_the_gap_of_batch_norm_is_measured(train, norm, differs):
    """0 without batch norm, where both outputs are one; with it the two scores differ too."""
    folder = train("run", "experiment=bn_artifacts", "model=srresnet", f"norm={norm}", "metrics=fidelity")
    gap = logged(folder, "val/batch_statistics_gap")
    scores, trained = (logged(folder, f"val/{prefix}psnr_y") for prefix in ("", "batch_statistics_"))
    assert sorted(gap) == sorted(scores) == sorted(trained) == [2, 4]
    assert all((value > 0) == differs for value in gap.values())
    assert (scores != trained) == differs
