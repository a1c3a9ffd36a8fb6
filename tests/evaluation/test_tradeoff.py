"""Measurement of the trade-off between two networks."""

from decimal import Decimal

import pytest
import torch

from sr_lightning.evaluation.tradeoff import measure_tradeoff
from tests.support import photographs
from tests.support.networks import rrdbnet, state


def test_each_row_is_measured_at_its_alpha(tmp_path):
    """Networks differ only in the last bias, so both interpolations agree, and alpha 0.25 is a quarter of the way."""
    photographs.folder(tmp_path / "photos", count=1, height=200, width=208)
    torch.manual_seed(0)
    dark, bright = rrdbnet(depth=1), rrdbnet(depth=1)
    bright.load_state_dict(state(dark))
    for network, bias in ((dark, 0.45), (bright, 0.85)):
        network.tail[-1].bias.data.fill_(bias)
        network.tail[-1].weight.data.mul_(0.1)  # keeps the outputs close to the bias for any weights
    tradeoff = measure_tradeoff({"a": dark, "b": bright}, [Decimal("0.25")], [str(tmp_path / "photos")])
    psnr = {(row["interpolated"], str(row["alpha"])): row["psnr_y"] for row in tradeoff.rows}
    assert psnr["images", "0.25"] == pytest.approx(psnr["networks", "0.25"], abs=0.02)
    assert psnr["networks", "0"] > psnr["networks", "1"] + 3
    assert psnr["networks", "0.25"] > (psnr["networks", "0"] + psnr["networks", "1"]) / 2
    [outputs] = tradeoff.outputs.values()
    shift = {key: (value.float() - outputs["networks", Decimal(0)].float()).mean() for key, value in outputs.items()}
    for way in ("networks", "images"):
        assert shift[way, Decimal("0.25")] == pytest.approx(0.25 * 0.4 * 255, abs=0.6)
