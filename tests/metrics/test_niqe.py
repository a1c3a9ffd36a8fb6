"""NIQE against an independent implementation, and the fit of its distribution."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from kornia.filters import gaussian_blur2d
from PIL import Image
from scipy.stats import gennorm

from sr_lightning.metrics import NIQE
from sr_lightning.metrics.generalized_gaussian import fit, moment_ratio
from sr_lightning.metrics.niqe import normalize


def photograph(path: Path) -> torch.Tensor:
    with Image.open(path) as image:
        return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None] / 255


def test_niqe_equals_basicsrs(shared):
    golden = json.loads((shared / "golden/niqe.json").read_text())["values"]
    for name, expected in golden.items():
        image = photograph(shared / "data/benchmarks" / name)
        assert NIQE(border=4)(image, image).item() == pytest.approx(expected, abs=1e-3), name


def test_blur_and_noise_raise_niqe_and_the_reference_is_ignored(shared):
    image = photograph(shared / "data/benchmarks/B100/HR/img_001.png")
    blurred = [gaussian_blur2d(image, (13, 13), (sigma, sigma)) for sigma in (1.0, 2.0)]
    noisy = image + 0.1 * torch.randn(image.shape, generator=torch.Generator().manual_seed(0))
    sr = torch.cat([image, *blurred, noisy])
    natural, soft, softer, noise = NIQE().measure(sr, image.expand_as(sr)).tolist()
    assert natural < soft < softer
    assert natural < noise
    assert NIQE().measure(image, torch.zeros_like(image)).item() == pytest.approx(natural, abs=1e-9)
    assert not NIQE().higher_is_better


def test_a_constant_image_gives_nan_and_a_small_one_an_error():
    flat = torch.full((1, 3, 96, 192), 0.7)
    assert math.isnan(NIQE()(flat, flat))
    with pytest.raises(ValueError, match="got 192x88 after a border of 4"):
        NIQE(border=4)(torch.rand(1, 3, 96, 200), torch.rand(1, 3, 96, 200))


def test_constant_regions_normalize_to_exactly_zero():
    """Rounding errors would have signs that depend on the device."""
    levels = torch.arange(256, dtype=torch.float64).view(-1, 1, 1, 1).expand(-1, 1, 9, 9)
    assert not normalize(levels).any()


@pytest.mark.parametrize(("shape", "left", "right"), [(2, 1, 1), (1, 0.5, 2), (0.6, 3, 1), (4, 1, 1.5)])
def test_fit_recovers_the_parameters_of_its_samples(shape, left, right):
    """Samples of each side are halves of SciPy's generalized normal, in proportion to its scale."""
    count = round(200_000 * left / (left + right))
    sides = [gennorm.isf((np.arange(n) + 0.5) / n / 2, shape) for n in (count, 200_000 - count)]
    samples = np.concatenate([-left * sides[0], right * sides[1]])
    found = [value.item() for value in fit(torch.from_numpy(samples))]
    assert found == pytest.approx([shape, left, right], rel=5e-3)


def test_rows_are_fitted_independently_and_one_sided_rows_give_nan():
    rows = torch.randn(2, 3, 1000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rows[1, 2] = 0
    shape, left, right = fit(rows)
    torch.testing.assert_close(torch.stack(fit(rows[0, 1])), torch.stack([shape[0, 1], left[0, 1], right[0, 1]]))
    assert shape[1, 2] == 0.2
    assert left[1, 2].isnan()
    assert right[1, 2].isnan()
    assert left.isnan().sum() == 1


def test_moment_ratios_equal_their_closed_forms():
    ratios = moment_ratio(torch.tensor([1.0, 2.0], dtype=torch.float64))
    assert ratios.tolist() == pytest.approx([1 / 2, 2 / math.pi])
