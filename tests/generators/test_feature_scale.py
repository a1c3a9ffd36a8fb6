"""Standard deviation of features by depth."""

from functools import partial

import torch

from sr_lightning.generators import RRDB, Nearest, TrunkGenerator
from sr_lightning.generators.feature_scale import feature_deviations


def test_residual_scaling_keeps_the_features_from_growing():
    lr = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    growth = {}
    for beta in (0.0, 0.2, 1.0):
        torch.manual_seed(0)
        block = partial(RRDB, beta=beta, initialization=1.0)
        deviations = feature_deviations(TrunkGenerator(block, Nearest, width=8, depth=3), lr)
        assert len(deviations) == 4
        growth[beta] = deviations[-1] / deviations[0]
    assert growth[0.0] == 1
    assert 1 < growth[0.2] < 2 < growth[1.0]
