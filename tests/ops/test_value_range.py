"""Images of another data type or range are converted or refused at the public interface, never taken as they are."""

import pytest
import torch
from torch import nn

from sr_lightning.degradations import Bicubic, RandomDegradation
from sr_lightning.generators import Interpolation
from sr_lightning.losses import Perceptual, Reconstruction
from sr_lightning.metrics import NIQE, PSNR, SSIM, ColorShift, LRConsistency
from sr_lightning.ops.quantize import to_uint8
from sr_lightning.ops.value_range import to_unit_range
from sr_lightning.upscaling import Upscaler

PHOTO = torch.rand(1, 3, 96, 192, generator=torch.Generator().manual_seed(0)).mul(255).round().div(255)
NOISY = (PHOTO + 0.1 * torch.randn(PHOTO.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)
EIGHT = to_uint8(PHOTO)
METRICS = {
    "psnr": PSNR(), "ssim": SSIM(), "niqe": NIQE(), "lr_consistency": LRConsistency(4), "color_shift": ColorShift(),
}  # fmt: skip
UPSCALER = Upscaler(Interpolation("bicubic", 2), precision="float32")
CALLS = {
    "upscaler": lambda image: UPSCALER(image[0]),
    "bicubic degradation": lambda image: Bicubic(2)(image, [{}]),
    "random degradation": lambda image: RandomDegradation(2, {})(image, [{}]),
    **{f"{name} of hr": lambda image, metric=metric: metric(NOISY, image) for name, metric in METRICS.items()},
}
LOSSES = {
    "reconstruction": Reconstruction(pixel=nn.L1Loss()).compare,
    "perceptual": Perceptual(lambda layers, weights: nn.Identity(), {"a": 1}, nn.L1Loss()),
}


@pytest.mark.parametrize("call", CALLS)
def test_uint8_gives_the_result_of_the_same_image_in_unit_range(call):
    torch.testing.assert_close(CALLS[call](EIGHT), CALLS[call](PHOTO), rtol=0, atol=1e-6)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_values_up_to_255_are_refused_with_the_range(call, dtype):
    with pytest.raises(ValueError, match=r"must be floating point in \[0, 1\], got values from 0 to 255; divide"):
        CALLS[call](EIGHT.to(dtype))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [torch.int16, torch.int64, torch.bool])
def test_other_integers_are_refused(call, dtype):
    with pytest.raises(ValueError, match=rf"must be floating point in \[0, 1\] or uint8, got {str(dtype)[6:]}"):
        CALLS[call](EIGHT.to(dtype))


@pytest.mark.parametrize("call", CALLS)
def test_nan_in_the_input_is_blamed_on_the_input(call):
    image = PHOTO.clone()
    image[0, 1, 5, 7] = torch.nan
    with pytest.raises(ValueError, match=r"(image|hr) contains NaN"):
        CALLS[call](image)


@pytest.mark.parametrize("value", [torch.inf, -torch.inf, 300.0, -1.0])
@pytest.mark.parametrize("call", CALLS)
def test_a_single_value_far_outside_is_refused(call, value):
    image = PHOTO.clone()
    image[0, 0, 0, 0] = value
    with pytest.raises(ValueError, match=r"\[0, 1\], got values from"):
        CALLS[call](image)


@pytest.mark.parametrize("name", METRICS)
def test_metrics_of_uint8_and_unit_range_are_equal_in_every_combination(name):
    metric, noisy = METRICS[name], to_uint8(NOISY)
    expected = metric(noisy.double() / 255, PHOTO)
    for sr in (noisy, noisy.float() / 255):
        for hr in (EIGHT, PHOTO, PHOTO.double()):
            torch.testing.assert_close(metric(sr, hr), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_outputs_in_another_range_are_refused_and_nan_gives_nan(name):
    metric = METRICS[name]
    with pytest.raises(ValueError, match=r"sr must be floating point in \[0, 1\], got values from 0 to 255"):
        metric(NOISY * 255, PHOTO)
    assert metric(torch.full_like(PHOTO, torch.nan), PHOTO).isnan()
    assert metric(PHOTO * 1.3 - 0.1, PHOTO).isfinite()


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_of_integers_are_refused(loss):
    for sr, hr, name in ((EIGHT, PHOTO, "sr"), (PHOTO, EIGHT, "hr")):
        with pytest.raises(ValueError, match=rf"{name} must be floating point in \[0, 1\], got uint8"):
            LOSSES[loss](sr, hr)


def test_the_overshoot_of_interpolation_is_accepted():
    step = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 3, 4, 4)
    enlarged = Interpolation("bicubic", 4)(step)
    assert not 0 <= enlarged.min() <= enlarged.max() <= 1
    assert to_unit_range(enlarged) is enlarged
