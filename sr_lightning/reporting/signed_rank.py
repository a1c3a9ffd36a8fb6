"""Wilcoxon's signed-rank test, exact also with ties and zeros."""

import numpy as np
from scipy import stats

EXACT = 200  # differences up to which the p-value is exact; the time grows with the third power


def p_value(differences: np.ndarray, tolerance: float = 0.0) -> float:
    """Return the two-sided p-value of the hypothesis that the differences are symmetric around zero.

    Zeros are removed (Wilcoxon 1945) and tied magnitudes share the mean of their ranks. Up to `EXACT` differences, the
    rank sum is compared with its distribution over all 2^n signs, each equally likely; above, with a normal
    distribution whose variance is corrected for ties.

    Args:
        differences: (n,).
        tolerance: magnitudes up to this are zero, and neighboring magnitudes that differ by no more are tied.
    Returns:
        1 if all differences are zero.
    """
    remaining = differences[np.abs(differences) > tolerance]
    if not remaining.size:
        return 1.0
    doubled = np.rint(2 * stats.rankdata(merge_ties(np.abs(remaining), tolerance))).astype(int)  # mean ranks are k/2
    total, positive = int(doubled.sum()), int(doubled[remaining > 0].sum())
    smaller = min(positive, total - positive)
    if remaining.size > EXACT:
        deviation = np.sqrt(np.square(doubled, dtype=np.float64).sum()) / 2
        return float(min(1.0, 2 * stats.norm.cdf((smaller - total / 2) / deviation)))
    return float(min(1.0, 2 * rank_sum_distribution(doubled)[: smaller + 1].sum()))


def rank_sum_distribution(ranks: np.ndarray) -> np.ndarray:
    """Return the probability of each sum of the ranks with positive sign, for independent random signs.

    Args:
        ranks: (n,) positive integers.
    Shape:
        (sum of the ranks + 1,).
    """
    probabilities = np.zeros(int(ranks.sum()) + 1)
    probabilities[0] = 1
    for rank in ranks:
        probabilities[rank:] = (probabilities[rank:] + probabilities[:-rank]) / 2
        probabilities[:rank] /= 2
    return probabilities


def merge_ties(values: np.ndarray, tolerance: float) -> np.ndarray:
    """Replace each value by the number of its group; a gap above the tolerance begins a new group."""
    order = np.argsort(values)
    groups = np.empty(values.size, dtype=int)
    groups[order] = np.cumsum(np.diff(values[order], prepend=values[order[0]]) > tolerance)
    return groups
