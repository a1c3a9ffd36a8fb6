"""Laws of network interpolation, and its errors."""

import copy

import pytest
import torch
from torch import nn

from sr_lightning.errors import InputError
from sr_lightning.weights import interpolate, weighted_sum
from tests.support.networks import outputs, rrdbnet, same, state, trained


def test_the_ends_equal_the_networks_bit_for_bit_with_statistics_and_counts():
    a, b = trained(0), trained(2)
    before = copy.deepcopy((state(a), state(b)))
    assert same(state(interpolate({"a": a, "b": b}, [1, 0])), before[0])
    assert same(state(interpolate({"a": a, "b": b}, [0, 1])), before[1])
    assert same(state(a), before[0])
    assert same(state(b), before[1])


def test_equal_networks_give_the_same_network_for_every_share():
    network = trained(1)
    for shares in ([0.2, 0.8], [0.7, 0.3], [-0.5, 1.5]):
        assert same(state(interpolate({"a": network, "b": copy.deepcopy(network)}, shares)), state(network))


def test_worked_example_of_weighted_sums():
    a = {"weight": torch.tensor([1.0, -2.0]), "running_var": torch.tensor([4.0]), "count": torch.tensor(3)}
    b = {"weight": torch.tensor([3.0, 2.0]), "running_var": torch.tensor([1.0]), "count": torch.tensor(9)}
    c = {"weight": torch.tensor([0.0, 10.0]), "running_var": torch.tensor([2.0]), "count": torch.tensor(5)}
    quarter = weighted_sum({"a": a, "b": b}, [0.75, 0.25])
    assert quarter["weight"].tolist() == [1.5, -1.0]
    assert quarter["running_var"].tolist() == [3.25]
    assert quarter["count"] == 3
    assert weighted_sum({"a": a, "b": b}, [0.5, 0.5])["count"] == 9
    three = weighted_sum({"a": a, "b": b, "c": c}, [0.25, 0.5, 0.25])
    assert three["weight"].tolist() == [1.75, 3.0]
    assert three["count"] == 9
    assert weighted_sum({"a": a, "b": b}, [1.25, -0.25])["weight"].tolist() == [0.5, -3.0]


def test_bfloat16_weights_are_summed_in_full_precision():
    a, b = torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([1.0078125], dtype=torch.bfloat16)
    total = weighted_sum({"a": {"weight": a}, "b": {"weight": b}}, [0.5, 0.5])["weight"]
    assert total.dtype == torch.float32
    assert total.item() == 1.00390625


def test_for_a_single_layer_it_equals_interpolation_of_the_outputs():
    """For a deeper network it does not, which makes network interpolation different from image interpolation."""
    a, b = (nn.Conv2d(3, 3, 3) for _ in range(2))
    lr = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        expected = 0.3 * a(lr) + 0.7 * b(lr)
        torch.testing.assert_close(interpolate({"a": a, "b": b}, [0.3, 0.7])(lr), expected)
    deep = trained(0), trained(1)
    one, two, between = outputs(*deep, interpolate({"a": deep[0], "b": deep[1]}, [0.5, 0.5]), channels=1)
    assert (between - (one + two) / 2).abs().max() > 1e-3


def test_successive_interpolations_equal_one_weighted_sum():
    """Interpolating (a, b) at 0.5 and the result with c at 0.2 equals shares of 0.4, 0.4 and 0.2."""
    a, b, c = (trained(seed) for seed in range(3))
    pair = interpolate({"a": a, "b": b}, [0.5, 0.5])
    twice = state(interpolate({"pair": pair, "c": c}, [0.8, 0.2]))
    once = state(interpolate({"a": a, "b": b, "c": c}, [0.4, 0.4, 0.2]))
    for name, value in once.items():
        if value.is_floating_point():
            torch.testing.assert_close(twice[name], value)


def test_a_negative_variance_is_an_error():
    a, b = {"norm.running_var": torch.tensor([4.0])}, {"norm.running_var": torch.tensor([1.0])}
    with pytest.raises(
        InputError, match=r"^A and B: norm\.running_var, a variance, becomes negative with the shares -1, 2;"
    ):
        weighted_sum({"A": a, "B": b}, [-1, 2])


@pytest.mark.parametrize(("shares", "count"), [([0.5, 0.4], 2), ([0.5, 0.5], 3), ([1.0], 1)])
def test_shares_must_match_the_networks_and_sum_to_one(shares, count):
    with pytest.raises(ValueError, match="one share for each, with the sum 1"):
        weighted_sum({str(number): {"weight": torch.ones(1)} for number in range(count)}, shares)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"width": 8}, r"head.0.weight is \(6, 3, 3, 3\) in a and \(8, 3, 3, 3\) in b"),
        ({"depth": 3}, r"trunk.2.weight is \(6, 6, 3, 3\) in a and missing in b"),
        ({"scale": 2}, r"upsample.1.1.weight is \(6, 6, 3, 3\) in a and missing in b"),
    ],
)
def test_the_first_difference_is_named_with_both_files(other, message):
    with pytest.raises(InputError, match=f"^networks of different architecture: {message}"):
        interpolate({"a": rrdbnet(), "b": rrdbnet(**other)}, [0.5, 0.5])


def test_networks_that_differ_in_settings_without_weights_are_errors():
    one, two = rrdbnet(depth=1), rrdbnet(depth=1)
    two.trunk[0].beta = 0.1
    with pytest.raises(InputError, match=r"trunk\.0 is RRDB\(beta=0\.2\) in a and trunk\.0 is RRDB\(beta=0\.1\) in b"):
        interpolate({"a": one, "b": two}, [0.5, 0.5])
