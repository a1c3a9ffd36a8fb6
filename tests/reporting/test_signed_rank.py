"""The signed-rank test is exact with and without ties and zeros."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sr_lightning.reporting.signed_rank import EXACT, merge_ties, p_value
from sr_lightning.reporting.significance import difference


def enumerate_signs(differences):
    """Return the share of all signs whose rank sum is at least as far from its mean as that of the differences."""
    nonzero = np.array([value for value in differences if value != 0])
    ranks = stats.rankdata(np.abs(nonzero))
    sums = np.array(list(product([0, 1], repeat=len(ranks)))) @ ranks
    distance = abs(ranks[nonzero > 0].sum() - ranks.sum() / 2)
    return float((np.abs(sums - ranks.sum() / 2) >= distance - 1e-9).mean())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=11).filter(any))
def test_ties_and_zeros_equal_the_enumeration_of_all_signs(differences):
    assert p_value(np.array(differences, dtype=float)) == pytest.approx(enumerate_signs(differences), abs=1e-12)


def test_ties_and_zeros_by_hand():
    """Differences 1, 1, 1, -1: each rank is 2.5 and 5 + 5 of 16 signs have at most one of a kind."""
    assert p_value(np.array([1.0, 1, 1, -1])) == pytest.approx(10 / 16)
    assert p_value(np.array([0.0, 1, 0, 1, 1, -1])) == pytest.approx(10 / 16)
    assert p_value(np.array([1.0, 1, 1, 1])) == pytest.approx(2 / 16)


@pytest.mark.parametrize("images", [14, 50, 51, 100, EXACT])
def test_untied_differences_equal_the_exact_test_of_scipy(images):
    differences = np.random.default_rng(images).normal(0.1, 1, images)
    assert p_value(differences) == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue, abs=1e-12)


@pytest.mark.parametrize("images", [14, 50, 100])
def test_ties_and_zeros_of_many_images_equal_a_simulation(images):
    """The normal approximation differs from the exact value by more than this simulation's three standard errors."""
    differences = np.round(np.random.default_rng(images).normal(0.25, 1, images), 0)
    p = p_value(differences)
    nonzero = differences[differences != 0]
    ranks = stats.rankdata(np.abs(nonzero))
    signs = np.random.default_rng(1).integers(0, 2, (40_000, len(ranks)))
    distance = np.abs(signs @ ranks - ranks.sum() / 2)
    share = (distance >= abs(ranks[nonzero > 0].sum() - ranks.sum() / 2) - 1e-9).mean()
    assert p == pytest.approx(share, abs=3 * 0.5 / 200)


def test_more_images_use_the_normal_approximation_with_ties():
    differences = np.round(np.random.default_rng(0).normal(0.1, 1, EXACT + 100), 1)
    nonzero = differences[differences != 0]
    assert len(nonzero) > EXACT
    expected = stats.wilcoxon(nonzero, method="asymptotic").pvalue
    assert p_value(differences) == pytest.approx(expected, rel=1e-9)


def test_the_exact_and_the_approximate_value_agree_at_the_limit():
    differences = np.random.default_rng(3).normal(0.1, 1, EXACT)
    assert p_value(differences) == pytest.approx(stats.wilcoxon(differences, method="asymptotic").pvalue, abs=2e-3)


def test_swapped_signs_give_the_same_p_value():
    differences = np.array([3.0, -1, 1, 2, 2, 0, 5])
    assert p_value(differences) == p_value(-differences)


def test_no_difference_has_the_p_value_one():
    assert p_value(np.zeros(5)) == 1


def test_magnitudes_that_differ_by_rounding_are_tied():
    """0.1 + 0.2 - 0.3 is 5.6e-17, and 0.3 - 0.2 is not 0.1 in floating point."""
    assert merge_ties(np.array([0.1, 0.5, 0.3 - 0.2, 0.2]), 1e-12).tolist() == [0, 2, 0, 1]
    first = np.array([30.1, 28.4, 33.0, 27.2, 25.9])
    second = first - [0.3, 0.3, 0.3, -0.3, 0.3]
    assert difference(first, second).wilcoxon == pytest.approx(12 / 32)
