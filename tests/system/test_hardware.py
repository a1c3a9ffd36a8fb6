"""Capabilities of the hardware."""

import pytest

from sr_lightning.system.hardware import precision


@pytest.mark.parametrize(("capable", "chosen"), [(True, "bf16-mixed"), (False, "32-true")])
def test_automatic_precision_is_bfloat16_only_where_it_is_fast(monkeypatch, capable, chosen):
    monkeypatch.setattr("sr_lightning.system.hardware.bfloat16_is_fast", lambda device: capable)
    assert precision("auto", "cpu") == chosen
    assert precision("16-mixed", "cpu") == "16-mixed"
