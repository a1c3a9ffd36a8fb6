"""Base class of image metrics, and PSNR and SSIM by the protocol of papers."""

import copy
import json
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning.metrics import PSNR, SSIM, ColorShift, ImageMetric, LRConsistency
from sr_lightning.ops.color import rgb
from tests.support.matlab import imresize


def gray(level: int, height: int = 32, width: int = 32) -> torch.Tensor:
    return torch.full((1, 3, height, width), level / 255)


def batch(*seeds: int, size: tuple[int, int] = (24, 32)) -> torch.Tensor:
    return torch.stack([torch.rand(3, *size, generator=torch.Generator().manual_seed(seed)) for seed in seeds])


def test_psnr_worked_numbers():
    """85 levels of gray are 85 · 219 / 255 = 73 levels of Y exactly; a step from 100 to 101 is one level of Y."""
    assert PSNR()(gray(85), gray(170)).item() == pytest.approx(20 * math.log10(255 / 73))
    assert PSNR(space=rgb)(gray(85), gray(170)).item() == pytest.approx(20 * math.log10(3))
    assert PSNR()(gray(100), gray(101)).item() == pytest.approx(20 * math.log10(255))


def test_ssim_worked_number():
    """Between constant images only the means matter: (2ab + C1) / (a² + b² + C1)."""
    a, b, c1 = 16 + 73, 16 + 146, (0.01 * 255) ** 2
    assert SSIM()(gray(85), gray(170)).item() == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1), abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "best"),
    [(PSNR(), 100), (PSNR(space=rgb), 100), (SSIM(), 1), (LRConsistency(2), 100), (ColorShift(), 0)],
    ids=lambda value: type(value).__name__,
)
def test_equal_images_have_the_best_value_and_others_a_worse_one(metric, best):
    hr = batch(1)
    assert metric(hr, hr).item() == pytest.approx(best)
    worse = metric(0.9 * hr, hr).item()
    assert worse < best if metric.higher_is_better else worse > best


def test_the_mean_is_over_images_not_over_pixels():
    """A small good image and a large bad one: the mean of 48.13 and 10.86 dB, far from the 11.1 dB of all pixels."""
    metric = PSNR()
    metric.update(gray(100, 16, 16), gray(101, 16, 16))
    metric.update(gray(85, 64, 64), gray(170, 64, 64))
    each = 20 * math.log10(255), 20 * math.log10(255 / 73)
    over_pixels = 10 * math.log10(255**2 / ((16**2 * 1 + 64**2 * 73**2) / (16**2 + 64**2)))
    assert metric.compute().item() == pytest.approx(sum(each) / 2)
    assert metric.compute().item() - over_pixels > 15


def test_images_are_clamped_and_rounded_before_they_are_measured():
    hr = batch(1, 2)
    eight = hr.mul(255).round().div(255)
    assert PSNR()(eight + 0.4 / 255, hr).item() == 100
    assert PSNR()(gray(255) + 3, gray(255)).item() == 100
    assert PSNR()(gray(0) - 3, gray(0)).item() == 100


def test_the_border_is_removed_on_all_sides():
    hr = batch(1)
    sr = hr.clone()
    sr[..., :3, :], sr[..., -3:, :], sr[..., :, :3], sr[..., :, -3:] = 0, 0, 0, 0
    assert PSNR(border=3)(sr, hr).item() == 100
    assert SSIM(border=3)(sr, hr).item() == pytest.approx(1)
    sr[..., 3, 3] = 1 - hr[..., 3, 3].round()
    assert PSNR(border=3)(sr, hr).item() < 60


@pytest.mark.parametrize("metric", [PSNR(2), SSIM(2)])
def test_merged_states_equal_one_state(metric):
    """The mean does not depend on the split into batches and processes."""
    sr, hr = batch(1, 2, 3, 4, 5), batch(6, 7, 8, 9, 10)
    complete, first, second = (copy.deepcopy(metric) for _ in range(3))
    complete.update(sr, hr)
    first.update(sr[:2], hr[:2])
    for i in (2, 3, 4):
        second.update(sr[i : i + 1], hr[i : i + 1])
    first.merge_state(second)
    assert first.compute().item() == pytest.approx(complete.compute().item(), abs=1e-12)
    assert complete.measure(sr, hr).mean().item() == pytest.approx(complete.compute().item(), abs=1e-12)


def test_a_call_returns_the_value_of_its_batch_and_adds_it_to_the_mean():
    metric = PSNR()
    first, second = metric(gray(100), gray(101)).item(), metric(gray(85), gray(170)).item()
    assert (first, second) == pytest.approx((20 * math.log10(255), 20 * math.log10(255 / 73)))
    assert metric.compute().item() == pytest.approx((first + second) / 2)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_the_mean_of_no_images_is_nan():
    assert math.isnan(PSNR().compute())


def test_half_precision_affects_neither_the_sum_nor_the_images():
    metric = PSNR().to(torch.bfloat16)
    assert metric.total.dtype == torch.float64
    for _ in range(3):
        metric.update(gray(100), gray(101))
    assert metric.bfloat16().compute().item() == pytest.approx(20 * math.log10(255), abs=1e-9)
    half = batch(1).half()
    assert PSNR()(half, half.float()).item() == 100


def test_metrics_can_be_pickled():
    metric = pickle.loads(pickle.dumps(SSIM(2)))
    assert metric(batch(1), batch(1)).item() == pytest.approx(1)


def test_invalid_images_raise_errors_with_the_reason():
    with pytest.raises(ValueError, match="-1"):
        PSNR(border=-1)
    with pytest.raises(ValueError, match=r"\(1, 3, 32, 32\).*\(1, 3, 32, 33\)"):
        PSNR()(gray(0), gray(0, 32, 33))
    with pytest.raises(ValueError, match=r"\(1, 1, 32, 32\)"):
        PSNR()(gray(0)[:, :1], gray(0)[:, :1])
    with pytest.raises(ValueError, match=r"border of 4 .* 32x8"):
        PSNR(border=4)(gray(0, 8), gray(0, 8))
    with pytest.raises(ValueError, match="got 24x10 after a border of 4"):
        SSIM(border=4)(gray(0, 18), gray(0, 18))


def test_a_metric_must_declare_its_direction():
    class Undirected(ImageMetric):
        def measure(self, sr, hr):
            return sr.flatten(1).mean(1)

    with pytest.raises(TypeError, match=r"Undirected must declare higher_is_better = True or False"):
        Undirected()


def test_bicubic_baselines_have_the_published_values(shared):
    """LR by MATLAB's bicubic downscaling, rounded to 8 bits, upscaled and rounded again; the border is the scale."""
    for name, scales in json.loads((shared / "golden/bicubic.json").read_text())["values"].items():
        folder, file = name.split("/")
        with Image.open(shared / "data/benchmarks" / folder / "HR" / file) as image:
            hr = np.asarray(image.convert("RGB")) / 255
        for scale, expected in ((int(key.removeprefix("x")), value) for key, value in scales.items()):
            lr = imresize(hr, Fraction(1, scale)).clip(0, 1)
            sr = imresize((lr * 255).round() / 255, scale)
            pair = [torch.from_numpy(image).permute(2, 0, 1)[None] for image in (sr, hr)]
            assert PSNR(scale)(*pair).item() == pytest.approx(expected["psnr_y"], abs=1e-3), name
            assert SSIM(scale)(*pair).item() == pytest.approx(expected["ssim_y"], abs=1e-4), name
