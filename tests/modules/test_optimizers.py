"""Fused optimizers."""

import pytest
import torch
from torch import nn

from sr_lightning.modules.optimizers import fuse


@pytest.mark.parametrize(("words", "fused"), [({}, True), ({"fused": False}, False), ({"foreach": True}, None)])
def test_adam_is_one_kernel_unless_told_otherwise(words, fused):
    optimizer = fuse(torch.optim.Adam(nn.Linear(2, 2).parameters(), **words))
    assert [group["fused"] for group in optimizer.param_groups] == [fused]
