"""Standard deviations, intervals and tests against worked numbers and SciPy."""

import numpy as np
import pytest
from scipy import stats

from sr_lightning.reporting.significance import Spread, corrected, difference, over_seeds, spread

FIRST = [30.1, 28.4, 33.0, 27.2, 25.9, 31.7, 29.3, 26.8]
SECOND = [29.8, 28.5, 32.2, 26.7, 25.9, 31.1, 28.6, 26.6]


def test_spread_is_the_mean_and_the_sample_deviation():
    assert spread([1, 2, 3, 6]) == Spread(3.0, pytest.approx((14 / 3) ** 0.5), 4)
    assert spread([5.5]) == Spread(5.5, None, 1)


def test_seeds_are_averaged_for_each_image_before_images_are_compared():
    seeds = [[1.0, 5.0, 2.0], [3.0, 5.0, 6.0]]
    assert over_seeds(seeds).tolist() == [2, 5, 4]
    assert difference(seeds, [[1.0, 4.0, 2.0]]) == difference([2, 5, 4], [1, 4, 2])
    assert difference(seeds, seeds[:1]).images == 3


def test_differences_match_scipy():
    result = difference(FIRST, SECOND)
    pairs = stats.bootstrap(
        (FIRST, SECOND),
        lambda a, b, axis=-1: np.mean(a, axis) - np.mean(b, axis),
        paired=True,
        vectorized=True,
        n_resamples=10_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert result.mean == pytest.approx(0.375)  # (.3 - .1 + .8 + .5 + 0 + .6 + .7 + .2) / 8
    assert result.low == pytest.approx(pairs.low, abs=0.02)
    assert result.high == pytest.approx(pairs.high, abs=0.02)
    assert result.t == pytest.approx(stats.ttest_rel(FIRST, SECOND).pvalue)
    assert result.images == 8
    assert result == difference(FIRST, SECOND)
    assert difference(FIRST, SECOND, resamples=50) != difference(FIRST, SECOND, resamples=50, seed=1)


def test_signed_ranks_by_hand():
    """For 1, 2, 3, 4, -5 the positive ranks sum to 10; count the signs with a sum of at most 5 or at least 10."""
    ranks = np.array([[bool(signs >> i & 1) for i in range(5)] for signs in range(32)]) @ np.arange(1, 6)
    p = float(((ranks <= 5) | (ranks >= 10)).mean())
    assert difference([1, 2, 3, 4, 0], [0, 0, 0, 0, 5]).wilcoxon == pytest.approx(p)


def test_swapping_the_networks_mirrors_the_result():
    one, other = difference(FIRST, SECOND), difference(SECOND, FIRST)
    assert other.mean == pytest.approx(-one.mean)
    assert (other.wilcoxon, other.t) == pytest.approx((one.wilcoxon, one.t))
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low), abs=0.02)


def test_a_single_image_gives_neither_interval_nor_p_value():
    assert difference([3.0], [2.0]) == (1.0, None, None, None, None, 1, None)


def test_equal_scores_have_no_difference_also_after_averaging():
    """The floating-point sum of 0.1, 0.2 and 0.3 depends on the order."""
    first, second = [[0.1, 1.0], [0.2, 2.0], [0.3, 3.0]], [[0.3, 3.0], [0.2, 2.0], [0.1, 1.0]]
    assert difference(first, second) == (0.0, 0.0, 0.0, 1.0, 1.0, 2, 1.0)


def test_a_constant_difference_has_an_interval_of_width_zero():
    result = difference([1.1, 2.1, 3.1], [1.0, 2.0, 3.0])
    assert (result.low, result.high, result.t) == (result.mean, result.mean, None)
    assert result.wilcoxon == pytest.approx(0.25)  # 2 of 8 signs


def test_p_values_are_corrected_for_their_number_by_hand():
    """Holm 1979: the smallest of four is multiplied by 4, the next by 3, 2 and 1, and none is below its predecessor.

    0.01 -> 0.04, 0.03 -> 0.09, 0.04 -> 0.08 but not below 0.09, 0.6 -> 0.6; pairs without a test do not count.
    """
    one = difference(FIRST, SECOND)
    p = {"c": 0.04, "a": 0.01, "untested": None, "d": 0.6, "b": 0.03}
    found = corrected({name: one._replace(wilcoxon=value) for name, value in p.items()})
    assert list(found) == list(p)
    holm = {name: each.holm for name, each in found.items()}
    assert holm == {"a": 0.04, "b": 0.09, "c": 0.09, "d": 0.6, "untested": None}
    assert {name: each.wilcoxon for name, each in found.items()} == p
    assert corrected({}) == {}
    assert corrected({"alone": one}) == {"alone": one}
    halves = corrected(dict.fromkeys("abc", one._replace(wilcoxon=0.5)))
    assert [each.holm for each in halves.values()] == [1, 1, 1]


def test_the_corrected_error_rate_is_at_most_the_stated_one():
    """With ten networks equal to the first, at most 5 % of experiments report any difference."""
    rng = np.random.default_rng(0)
    wrong = {"wilcoxon": 0, "holm": 0}
    for _ in range(100):
        first, others = rng.normal(0, 1, 12), rng.normal(0, 1, (10, 12))
        found = corrected({i: difference(other, first, resamples=20) for i, other in enumerate(others)})
        for key in wrong:
            wrong[key] += any(getattr(each, key) < 0.05 for each in found.values())
    assert wrong["holm"] <= 8
    assert wrong["wilcoxon"] > 20


def test_the_interval_has_its_stated_coverage():
    rng = np.random.default_rng(0)
    intervals = [difference(rng.normal(0.5, 1, 40), np.zeros(40), confidence=0.8, resamples=300) for _ in range(200)]
    assert 0.7 < np.mean([each.low < 0.5 < each.high for each in intervals]) < 0.9


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1.0, 2.0], [1.0], "2 images cannot be paired with 1"),
        ([1.0, float("nan")], [1.0, 2.0], "finite"),
        ([], [], "at least one value"),
        (np.zeros((2, 2, 2)), np.zeros(2), r"\(2, 2, 2\)"),
    ],
)
def test_invalid_scores_raise_errors(first, second, message):
    with pytest.raises(ValueError, match=message):
        difference(first, second)
