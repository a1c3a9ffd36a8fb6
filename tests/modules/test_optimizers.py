"""Fused optimizers and skipped steps."""

import pytest
import torch
from torch import nn

from sr_lightning.modules.optimizers import fuse


@pytest.mark.parametrize(("options", "fused"), [({}, True), ({"fused": False}, False), ({"foreach": True}, None)])
def test_adam_is_fused_unless_another_implementation_is_chosen(options, fused):
    optimizer = fuse(torch.optim.Adam(nn.Linear(2, 2).parameters(), **options))
    assert [group["fused"] for group in optimizer.param_groups] == [fused]
