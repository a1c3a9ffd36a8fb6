"""Random degradations: draws follow the configuration and depend on the sample key alone; any image size works."""

import json
from itertools import combinations, permutations
from math import pi

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from scipy.stats import chisquare, kstest, spearmanr

from sr_lightning.degradations import JPEG, Chain, RandomDegradation, SampleKey, SampleRNG, Sharpen
from sr_lightning.degradations.chain import arrange
from sr_lightning.ops import resize
from sr_lightning.ops.quantize import quantize
from sr_lightning.ops.random_streams import Stream
from tests.support.configs import composed, second_order
from tests.support.draws import keys
from tests.support.reads import Reads

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
STAGES = ["sharpen", "blur", "resize", "noise", "jpeg", "second_blur", "second_resize", "second_noise", "final"]


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def drawn() -> list[dict]:
    degradation = second_order()
    return [record for iteration in range(40) for record in degradation.draw(keys(50, iteration))]


def assert_shares(names: list[str], expected: dict[str, float]) -> None:
    """Chi-square test of the frequencies of names."""
    assert set(names) <= set(expected)
    actual = [names.count(name) for name in expected]
    assert chisquare(actual, np.array([*expected.values()]) * len(names)).pvalue > 1e-3, dict(
        zip(expected, actual, strict=True)
    )


def assert_uniform(values: list[float], low: float, high: float) -> None:
    """Kolmogorov-Smirnov test of uniformity."""
    assert low <= min(values) <= max(values) <= high
    assert kstest(values, "uniform", (low, high - low)).pvalue > 1e-3, (low, high)


KINDS = {
    "sinc": 0.1, "gaussian_isotropic": 0.405, "gaussian_anisotropic": 0.225, "generalized_isotropic": 0.108,
    "generalized_anisotropic": 0.027, "plateau_isotropic": 0.108, "plateau_anisotropic": 0.027,
}  # fmt: skip


@pytest.mark.parametrize(("name", "probability", "sigma"), [("blur", 1, 3), ("second_blur", 0.8, 1.5)])
def test_blurs_are_drawn_as_configured(drawn, name, probability, sigma):
    blurs = [record[name] for record in drawn if record[name]]
    assert len(blurs) / len(drawn) == pytest.approx(probability, abs=0.03)
    assert_shares([blur["kind"] for blur in blurs], KINDS)
    assert_shares([str(blur["size"]) for blur in blurs], {str(size): 1 / 8 for size in range(7, 22, 2)})
    elliptic = [blur for blur in blurs if blur["kind"] != "sinc"]
    for axis in (0, 1):
        assert_uniform([blur["sigma"][axis] for blur in elliptic], 0.2, sigma)
    assert all((blur["sigma"][0] == blur["sigma"][1]) == blur["kind"].endswith("_isotropic") for blur in elliptic)
    assert_uniform([blur["angle"] for blur in elliptic if "anisotropic" in blur["kind"]], -pi, pi)
    for large, least in ((False, 1 / 3), (True, 1 / 5)):
        cutoffs = [b["cutoff"] for b in blurs if b["kind"] == "sinc" and (b["size"] >= 13) == large]
        assert_uniform(cutoffs, least - 1e-5, 1)
    for shape, low, high in (("generalized", 0.5, 4), ("plateau", 1, 2)):
        betas = [blur["beta"] for blur in blurs if blur["kind"].startswith(shape)]
        below, above = ([beta for beta in betas if (beta > 1) == more] for more in (False, True))
        assert_shares(["below"] * len(below) + ["above"] * len(above), {"below": 0.5, "above": 0.5})
        assert_uniform(above, 1, high)
        if low < 1:
            assert_uniform(below, low, 1)
        else:
            assert set(below) == {1}


@pytest.mark.parametrize(
    ("name", "up", "down", "keep", "low", "high"),
    [("resize", 0.2, 0.7, 0.1, 0.15, 1.5), ("second_resize", 0.3, 0.4, 0.3, 0.3, 1.2)],
)
def test_resizes_are_drawn_as_configured(drawn, name, up, down, keep, low, high):
    factors = [record[name]["factor"] for record in drawn]
    directions = ["keep" if factor == 1 else "up" if factor > 1 else "down" for factor in factors]
    assert_shares(directions, {"up": up, "down": down, "keep": keep})
    assert_uniform([factor for factor in factors if factor < 1], low, 1)
    assert_uniform([factor for factor in factors if factor > 1], 1, high)
    assert_shares([record[name]["mode"] for record in drawn], dict.fromkeys(("area", "bilinear", "bicubic"), 1 / 3))


@pytest.mark.parametrize(("name", "sigma", "scale"), [("noise", 30, 3), ("second_noise", 25, 2.5)])
def test_noise_is_drawn_as_configured(drawn, name, sigma, scale):
    noises = [record[name] for record in drawn]
    assert_shares([noise["kind"] for noise in noises], {"gaussian": 0.5, "poisson": 0.5})
    assert_shares([str(noise["gray"]) for noise in noises], {"True": 0.4, "False": 0.6})
    for kind, low, high in (("gaussian", 1, sigma), ("poisson", 0.05, scale)):
        assert_uniform([noise["strength"] for noise in noises if noise["kind"] == kind], low, high)
    assert len({noise["key"] for noise in noises}) > 0.99 * len(noises)


def test_the_final_stages_are_drawn_as_configured(drawn):
    assert_shares([next(iter(record["final"])) for record in drawn], {"down": 0.5, "jpeg": 0.5})
    sincs = [record["final"]["down"]["sinc"] for record in drawn]
    assert_shares(["yes" if sinc else "no" for sinc in sincs], {"yes": 0.8, "no": 0.2})
    assert_uniform([sinc["cutoff"] for sinc in sincs if sinc], 1 / 3 - 1e-5, 1)
    for actual in (drawn, [record["final"] for record in drawn]):
        qualities = [str(record["jpeg"]["quality"]) for record in actual]
        assert_shares(qualities, {str(quality): 1 / 66 for quality in range(30, 96)})
        for axis in (0, 1):
            offsets = [str(record["jpeg"]["offset"][axis]) for record in actual]
            assert_shares(offsets, {str(offset): 1 / 16 for offset in range(16)})


def test_draws_of_different_stages_are_uncorrelated(drawn):
    """Rank correlations of all pairs of stages are within five standard errors; a shared stream would give 1."""
    values = {
        "blur": [record["blur"]["size"] for record in drawn],
        "resize": [record["resize"]["factor"] for record in drawn],
        "noise": [record["noise"]["key"] for record in drawn],
        "jpeg": [record["jpeg"]["quality"] for record in drawn],
        "second_blur": [(record["second_blur"] or {"size": 0})["size"] for record in drawn],
        "second_resize": [record["second_resize"]["factor"] for record in drawn],
        "second_noise": [record["second_noise"]["key"] for record in drawn],
        "last jpeg": [record["final"]["jpeg"]["quality"] for record in drawn],
        "row": [record["final"]["jpeg"]["offset"][0] for record in drawn],
        "column": [record["final"]["jpeg"]["offset"][1] for record in drawn],
        "order": [[*record["final"]].index("jpeg") for record in drawn],
    }
    for one, other in combinations(values, 2):
        correlation = spearmanr(values[one], values[other]).statistic
        assert abs(correlation) < 5 / len(drawn) ** 0.5, (one, other)


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


@pytest.mark.parametrize("stage", STAGES)
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


def test_a_stage_is_placed_before_another_without_repeating_the_others():
    """The stages keep their order and their draws; the position also holds where the other stage is switched off."""
    sharpen = "+degradation.stages.again={_target_: sr_lightning.degradations.Sharpen, probability: 1}"
    complete, records = second_order(), second_order().draw(keys(4))
    extended = second_order(sharpen, "+degradation.before.again=jpeg")
    assert list(extended.chain.stages) == [*STAGES[:4], "again", *STAGES[4:]]
    for one, other in zip(records, extended.draw(keys(4)), strict=True):
        assert list(other) == [*STAGES[:4], "again", *STAGES[4:]]
        del other["again"]
        assert one == other
    hr = images(4, 3, 40, 56)
    assert not torch.equal(complete(hr, records), extended(hr, extended.draw(keys(4))))
    reduced = second_order(sharpen, "+degradation.before.again=jpeg", "degradation.stages.jpeg=null")
    assert list(reduced.chain.stages) == [*STAGES[:4], "again", *STAGES[5:]]


def test_several_stages_are_placed_one_after_the_other():
    assert arrange(["a", "b", "c", "d"], {"d": "b", "c": "d"}) == ["a", "c", "d", "b"]
    assert arrange(["a", "b"], {}) == ["a", "b"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"before": {"blur": "jpeg"}}, "before: unknown stage blur; the stages are sharpen, jpeg"),
        ({"before": {"sharpen": "blur"}}, "before: unknown stage blur"),
        ({"before": {"jpeg": "jpeg"}}, "before: stage jpeg cannot precede itself"),
        ({"before": {"jpeg": "sharpen"}, "shuffle": True}, "before: has no effect in a shuffled chain; use ordered"),
        ({"ordered": ["blur"]}, "ordered: unknown stage blur"),
    ],
)
def test_invalid_orders_are_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        Chain({"sharpen": Sharpen(1), "jpeg": JPEG(1, [30, 95])}, **settings)


@pytest.mark.parametrize("only", STAGES)
def test_each_stage_works_alone(only):
    """The result has the right size, is quantized and differs from plain downscaling."""
    off = [f"degradation.stages.{stage}=null" for stage in STAGES if stage != only]
    degradation, hr = second_order(*off), images(4, 3, 40, 56)
    lr = degradation(hr, degradation.draw(keys(4)))
    assert lr.shape == (4, 3, 10, 14)
    assert torch.equal(lr, quantize(lr))
    plain = second_order(*[f"degradation.stages.{stage}=null" for stage in STAGES])(hr, [{}] * 4)
    assert not torch.equal(lr, plain)


def test_without_stages_it_equals_bicubic():
    degradation, hr = RandomDegradation(4, {}), images(1, 3, 48, 64)
    lr = degradation(hr, [{}])
    expected = quantize(resize.bicubic(hr, 1 / 4))
    inner = (..., slice(2, -2), slice(2, -2))  # MATLAB mirrors at the border
    torch.testing.assert_close(lr[inner], expected[inner], rtol=0, atol=1 / 255 + 1e-6)


def test_stages_are_applied_in_the_order_of_the_record():
    degradation, hr = second_order(), images(1, 3, 64, 64)
    record = degradation.draw(keys(1))[0]
    turned = record | {"final": dict(reversed(record["final"].items()))}
    first, second = (degradation(hr, [actual]) for actual in (record, turned))
    assert not torch.equal(first, second)
    assert set(Chain({"a": None}).stages) == set()


def test_shuffling_keeps_the_relative_order_of_ordered_stages():
    """All orders with b before d are equally likely; without b, d may be anywhere."""
    stages = {name: Sharpen(1) for name in "abcd"}
    draws = [Chain(stages, True, ["b", "d"]).draw(SampleRNG(0, key)) for key in keys(2400)]
    expected = ["".join(order) for order in permutations("abcd") if order.index("b") < order.index("d")]
    assert_shares(["".join(record) for record in draws], dict.fromkeys(expected, 1 / 12))
    without = [Chain(stages | {"b": None}, True, ["b", "d"]).draw(SampleRNG(0, key)) for key in keys(600)]
    assert_shares(["".join(record) for record in without], dict.fromkeys(map("".join, permutations("acd")), 1 / 6))
    with pytest.raises(ValueError, match="unknown stage e; the stages are a, b, c, d"):
        Chain(stages, True, ["e"])


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_bsrgan_like_ends_at_the_lr_size(scale):
    """In every order, the last resize produces the LR size, so that nothing is resized after the last JPEG."""
    degradation = instantiate(composed("degradation=bsrgan_like", f"scale={scale}").degradation)
    records = degradation.draw(keys(200))
    orders = [list(record["shuffled"]) for record in records]
    assert all(order.index("resize") < order.index("down") for order in orders)
    assert len({tuple(order) for order in orders}) > 180
    hr = images(12, 3, 24, 32)
    for image, record in zip(hr, records, strict=False):
        assert degradation.chain.apply(image, record, (24 // scale, 32 // scale)).shape[-2:] == (
            24 // scale,
            32 // scale,
        )
    lr = degradation(hr, records[:12])
    assert torch.equal(lr, quantize(lr))


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
