"""The order of stages: as recorded, shuffled, or with a stage placed before another one."""

from itertools import permutations

import pytest
import torch
from hydra.utils import instantiate

from sr_lightning.degradations import JPEG, Chain, SampleRNG, Sharpen
from sr_lightning.degradations.chain import arrange
from sr_lightning.ops.quantize import quantize
from tests.support.configs import SECOND_ORDER_STAGES as STAGES
from tests.support.configs import composed, second_order
from tests.support.draws import images, keys
from tests.support.statistics import assert_shares


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
