"""Draws of the second-order degradation follow its configuration and are independent."""

from itertools import combinations
from math import pi

import pytest
from scipy.stats import spearmanr

from tests.support.configs import second_order
from tests.support.draws import keys
from tests.support.statistics import assert_shares, assert_uniform


@pytest.fixture(scope="module")
def drawn() -> list[dict]:
    degradation = second_order()
    return [record for iteration in range(40) for record in degradation.draw(keys(50, iteration))]


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
