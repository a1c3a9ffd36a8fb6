"""Random degradations depend on the sample key alone, and any image size works."""

import json

import pytest
import torch
from hydra.utils import instantiate

from sr_lightning.degradations import RandomDegradation, SampleKey
from sr_lightning.ops import resize
from sr_lightning.ops.quantize import quantize
from sr_lightning.ops.random_streams import Stream
from tests.support.configs import SECOND_ORDER_STAGES, composed, second_order
from tests.support.draws import images, keys
from tests.support.reads import Reads

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def test_a_sample_is_degraded_alike_in_any_batch():
    """The result depends on its key alone, hence not on the number of devices or on resuming."""
    degradation, hr = second_order(), images(6, 3, 64, 64)
    records = degradation.draw(keys(6, iteration=7))
    together = degradation(hr, records)
    for part in (range(1), range(2, 6), (5, 3)):
        again = second_order()
        lr = again(hr[list(part)], again.draw([SampleKey(Stream.TRAINING, 7, sample) for sample in part]))
        assert torch.equal(lr, together[list(part)])


def test_samples_iterations_seeds_and_streams_differ():
    degradation, other = second_order(), second_order("seed=1")
    key = SampleKey(Stream.TRAINING, 5, 1)
    variants = other.draw([key]) + [degradation.draw([key._replace(**change)])[0] for change in
                                    ({}, {"iteration": 6}, {"sample": 2}, {"stream": Stream.FIXED})]  # fmt: skip
    assert len({json.dumps(variant) for variant in variants}) == 5


def test_fixed_draws_follow_the_validation_seed():
    """Runs with different seeds are measured on the same LR images."""
    key = SampleKey(Stream.FIXED, 0, 5)
    plain, seeded, other = (second_order(*words).draw([key]) for words in ((), ["seed=7"], ["validation_seed=7"]))
    assert plain == seeded != other


def test_a_record_restored_from_json_gives_the_identical_image():
    degradation, hr = second_order(), images(8, 3, 32, 48)
    records = degradation.draw(keys(8))
    lr = degradation(hr, records)
    again = second_order("seed=9")(hr, json.loads(json.dumps(records)))
    assert torch.equal(lr, again)
    other = degradation(1 - hr, records)
    assert not torch.equal(lr, other)


@pytest.mark.parametrize("stage", SECOND_ORDER_STAGES)
def test_switching_a_stage_off_changes_no_other_draw(stage):
    """The result changes, but its size and quantization do not."""
    complete, reduced, hr = second_order(), second_order(f"degradation.stages.{stage}=null"), images(4, 3, 40, 56)
    complete_records, without = (degradation.draw(keys(4)) for degradation in (complete, reduced))
    for one, other in zip(complete_records, without, strict=True):
        del one[stage]
        assert one == other
    lr = reduced(hr, without)
    assert lr.shape == (4, 3, 10, 14)
    assert torch.equal(lr, quantize(lr))
    assert not torch.equal(lr, complete(hr, complete.draw(keys(4))))


@pytest.mark.parametrize("only", SECOND_ORDER_STAGES)
def test_each_stage_works_alone(only):
    """The result has the right size, is quantized and differs from plain downscaling."""
    off = [f"degradation.stages.{stage}=null" for stage in SECOND_ORDER_STAGES if stage != only]
    degradation, hr = second_order(*off), images(4, 3, 40, 56)
    lr = degradation(hr, degradation.draw(keys(4)))
    assert lr.shape == (4, 3, 10, 14)
    assert torch.equal(lr, quantize(lr))
    plain = second_order(*[f"degradation.stages.{stage}=null" for stage in SECOND_ORDER_STAGES])(hr, [{}] * 4)
    assert not torch.equal(lr, plain)


def test_without_stages_it_equals_bicubic():
    degradation, hr = RandomDegradation(4, {}), images(1, 3, 48, 64)
    lr = degradation(hr, [{}])
    expected = quantize(resize.bicubic(hr, 1 / 4))
    inner = (..., slice(2, -2), slice(2, -2))  # MATLAB mirrors at the border
    torch.testing.assert_close(lr[inner], expected[inner], rtol=0, atol=1 / 255 + 1e-6)


@pytest.mark.parametrize("recipe", ["second_order", "bsrgan_like"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(("height", "width", "scale"), [(1, 1, 1), (4, 4, 4), (2, 34, 2), (45, 63, 3)])
def test_any_size_and_number_of_channels(recipe, channels, height, width, scale):
    """From a single pixel on, also for black and white images: the right size, no NaN."""
    degradation = instantiate(composed(f"degradation={recipe}", f"scale={scale}").degradation)
    hr = torch.stack([images(channels, height, width), *(torch.full((channels, height, width), v) for v in (0.0, 1.0))])
    lr = degradation(hr, degradation.draw(keys(3, iteration=height)))
    assert lr.shape == (3, channels, height // scale, width // scale)
    assert torch.equal(lr, quantize(lr))
    assert lr.isfinite().all()


EXTREME = ("blur.sigma=[0.01,60]", "resize.factor=[0.01,6]", "noise.sigma=[0,1000]", "noise.scale=[0,300]",
           "jpeg.quality=[1,100]", "second_blur.size=[1,61]", "second_blur.beta_generalized=[0.1,40]",
           "second_resize.factor=[0.01,8]", "blur.cutoff_large=[0.01,0.02]", "blur.kinds.sinc=2")  # fmt: skip


def test_extreme_settings_give_valid_images():
    degradation, hr = second_order(*(f"degradation.stages.{word}" for word in EXTREME)), images(12, 3, 12, 16)
    lr = degradation(hr, degradation.draw(keys(12)))
    assert lr.isfinite().all()
    assert torch.equal(lr, quantize(lr))


@pytest.mark.parametrize("device", DEVICES)
def test_autocast_changes_nothing(device):
    degradation, hr = second_order(), images(6, 3, 32, 32).to(device)
    records = degradation.draw(keys(6))
    expected = degradation(hr, records)
    with torch.autocast(device, torch.bfloat16):
        actual = degradation(hr, records)
    assert actual.device == hr.device
    assert actual.dtype == torch.float32
    assert torch.equal(actual, expected)


@pytest.mark.parametrize("recipe", ["second_order", "bsrgan_like"])
def test_no_value_is_read_back_from_the_device(recipe):
    degradation = instantiate(composed(f"degradation={recipe}").degradation)
    records = degradation.draw(keys(24))
    assert all(kind in str(records) for kind in ("'gaussian'", "'poisson'", "'gray': True", "'bicubic'"))
    with Reads() as reads:
        degradation(images(24, 3, 16, 16), records)
        assert not reads.found
        _ = images(4)[images(4) > 0.5].sum().item()
    assert reads.found == ["aten::index", "aten::_local_scalar_dense"]


@pytest.mark.gpu
def test_the_host_does_not_wait_for_the_gpu():
    """After the first batch, when all constants are cached on the device."""
    degradation, hr = second_order(), images(16, 3, 64, 64).cuda()
    records = degradation.draw(keys(16))
    degradation(hr, records)
    torch.cuda.set_sync_debug_mode("error")
    try:
        degradation(hr, records)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_size_that_the_scale_does_not_divide_is_an_error():
    with pytest.raises(ValueError, match="32x30 pixels cannot be divided by 4"):
        second_order()(images(1, 3, 30, 32), [{}])


def test_too_few_records_are_an_error():
    with pytest.raises(ValueError, match="zip"):
        second_order()(images(2, 3, 32, 32), [{}])
