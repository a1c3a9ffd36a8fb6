"""Consistency with the low resolution ignores invented detail and detects shifted edges and colors."""

import pytest
import torch

from sr_lightning.metrics import PSNR, ColorShift, LRConsistency
from sr_lightning.ops.resize import bicubic


@pytest.fixture
def photograph() -> torch.Tensor:
    torch.manual_seed(0)
    return (bicubic(torch.rand(1, 3, 12, 12, dtype=torch.float64), 8) * 0.6 + 0.2).clamp(0, 1)


def test_detail_above_the_nyquist_limit_costs_nothing_and_a_shift_does(photograph):
    checks = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], dtype=torch.float64).repeat(48, 48)
    detailed, moved = photograph + 10 / 255 * checks, photograph.roll(2, -1)
    assert LRConsistency(4)(detailed, photograph) > PSNR()(detailed, photograph) + 15
    assert LRConsistency(4)(moved, photograph) < LRConsistency(4)(detailed, photograph) - 15
    assert LRConsistency(4)(photograph, photograph) == 100


def test_a_constant_error_has_its_exact_value():
    """10 levels in all channels give 20 log10(255 / 10) dB; 10 levels in one channel give a color shift of 10."""
    hr = torch.full((2, 3, 16, 16), 100 / 255)
    lighter, bluer = hr + 10 / 255, hr.clone()
    bluer[:, 2] += 10 / 255
    assert LRConsistency(4)(lighter, hr).item() == pytest.approx(28.1308, abs=1e-3)
    assert ColorShift()(bluer, hr).item() == pytest.approx(10, abs=1e-5)
    assert ColorShift()(hr, hr) == 0


def test_noise_does_not_shift_colors(photograph):
    noisy = photograph + 0.05 * torch.randn_like(photograph)
    assert ColorShift()(noisy, photograph) < 0.5
