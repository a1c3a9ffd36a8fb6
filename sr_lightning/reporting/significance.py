"""Paired comparison of two networks over images, and spread over seeds."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from sr_lightning.reporting import signed_rank
from sr_lightning.visuals.html.table import Spread

Pair = TypeVar("Pair", bound=Hashable)


class Difference(NamedTuple):
    """Difference of the first network from the second, over paired images.

    Attributes:
        mean: of the differences, in the unit of the metric.
        low: lower end of the bootstrap confidence interval of the mean; None for a single image.
        high: its upper end.
        wilcoxon: p-value of the signed-rank test, two-sided; None for a single image.
        t: p-value of the paired t-test, two-sided; None for a single image, and where every image differs by the same
            amount, which has no variance to test against.
        images: number of pairs.
        holm: `wilcoxon` after `corrected` for the number of tests; equal to it for a single test.
    """

    mean: float
    low: float | None
    high: float | None
    wilcoxon: float | None
    t: float | None
    images: int
    holm: float | None


def spread(values: Sequence[float]) -> Spread:
    """Return mean and sample standard deviation, for instance over seeds.

    Raises:
        ValueError: no values, or one that is not finite.
    """
    array = _finite(values)
    if array.ndim != 1:
        raise ValueError(f"spread needs a list of numbers, got shape {array.shape}")
    deviation = float(array.std(ddof=1)) if array.size > 1 else None
    return Spread(float(array.mean()), deviation, array.size)


def over_seeds(scores: ArrayLike) -> np.ndarray:
    """Average the scores of each image over seeds.

    Images are the units of a paired comparison. Runs of several seeds on one image are not independent, so counting
    them as further images would make every interval too narrow.

    Shape:
        (images,) or (seeds, images) -> (images,)
    """
    array = _finite(scores)
    if array.ndim not in (1, 2):
        raise ValueError(f"scores are of shape (images,) or (seeds, images), got {array.shape}")
    return array if array.ndim == 1 else array.mean(0)


def difference(
    first: ArrayLike, second: ArrayLike, confidence: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Difference:
    """Compare two networks on the same images: bootstrap interval of the mean difference, and two tests.

    The interval is bias-corrected and accelerated (Efron 1987), or the percentile interval if that is undefined; it is
    a point if all images differ by the same amount. The signed-rank test ignores images without a difference, and is
    exact for up to 200 images, also with ties (see `signed_rank.p_value`); both tests give 1 if no image differs.

    Args:
        first: scores, first averaged over seeds by `over_seeds`; the numbers of seeds may differ.
        second: scores of the same images in the same order.
        confidence: level of the interval.
        resamples: number of bootstrap resamples of the images.
        seed: of the resampling.
    Shape:
        (images,) or (seeds, images)
    Raises:
        ValueError: different numbers of images, no image, or a score that is not finite.
    """
    first, second = over_seeds(first), over_seeds(second)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} images cannot be paired with {second.size}; pass scores of the same images")
    differences = first - second
    scale = max(np.abs(first).max(), np.abs(second).max())
    tolerance = 1e-12 * scale  # rounding errors of averaging over seeds
    differences[np.abs(differences) <= tolerance] = 0
    mean, images = float(differences.mean()), differences.size
    if images == 1:
        return Difference(mean, None, None, None, None, images, None)
    wilcoxon = signed_rank.p_value(differences, tolerance)
    if np.ptp(differences) <= tolerance:
        return Difference(mean, mean, mean, wilcoxon, None if mean else 1.0, images, wilcoxon)
    low, high = _interval(differences, confidence, resamples, seed)
    t = float(stats.ttest_1samp(differences, 0).pvalue)
    return Difference(mean, low, high, wilcoxon, t, images, wilcoxon)


def corrected(differences: Mapping[Pair, Difference]) -> dict[Pair, Difference]:
    """Set `Difference.holm` by Holm's step-down correction for multiple tests.

    The smallest of m p-values is multiplied by m, the next by m - 1, and so on; results are made non-decreasing and at
    most 1. This bounds the family-wise error rate, also for dependent tests. Differences without a test do not count.

    Source:
        Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    tested = {pair: each.wilcoxon for pair, each in differences.items() if each.wilcoxon is not None}
    adjusted: dict[Pair, float] = {}
    least = 0.0
    for rank, (pair, p) in enumerate(sorted(tested.items(), key=lambda item: item[1])):
        adjusted[pair] = least = max(least, min(1.0, (len(tested) - rank) * p))
    return {pair: each._replace(holm=adjusted.get(pair)) for pair, each in differences.items()}


def _interval(differences: np.ndarray, confidence: float, resamples: int, seed: int) -> tuple[float, float]:
    """Return the bootstrap interval of the mean of paired differences."""
    for method in ("BCa", "percentile"):
        interval = stats.bootstrap(
            (differences,),
            np.mean,
            n_resamples=resamples,
            batch=1000,
            confidence_level=confidence,
            method=method,
            rng=np.random.default_rng(seed),
        ).confidence_interval
        if math.isfinite(interval.low) and math.isfinite(interval.high):
            break
    return float(interval.low), float(interval.high)


def _finite(values: ArrayLike) -> np.ndarray:
    """Return the values as float64.

    Raises:
        ValueError: there are none, or one is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"statistics need at least one value, and only finite ones; got {array.tolist()}")
    return array
