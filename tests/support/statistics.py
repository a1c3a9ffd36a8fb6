"""Statistical tests of random draws."""

import numpy as np
from scipy.stats import chisquare, kstest


def assert_shares(names: list[str], expected: dict[str, float]) -> None:
    """Check the frequencies of names by a chi-square test at p = 0.001."""
    assert set(names) <= set(expected)
    actual = [names.count(name) for name in expected]
    assert chisquare(actual, np.array([*expected.values()]) * len(names)).pvalue > 1e-3, dict(
        zip(expected, actual, strict=True)
    )


def assert_uniform(values: list[float], low: float, high: float) -> None:
    """Check for a uniform distribution by a Kolmogorov-Smirnov test at p = 0.001."""
    assert low <= min(values) <= max(values) <= high
    assert kstest(values, "uniform", (low, high - low)).pvalue > 1e-3, (low, high)
