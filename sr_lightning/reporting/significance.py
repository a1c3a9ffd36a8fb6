"""Whether a difference between two networks is more than chance: over seeds, and over images."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from sr_lightning.visuals.html.table import Spread

Pair = TypeVar("Pair", bound=Hashable)


class Difference(NamedTuple):
    """How the first of two networks differs from the second, image by image.

    Attributes:
        mean: of the differences.
        low: lower end of the bootstrap confidence interval of the mean; None for a single image.
        high: its upper end.
        wilcoxon: p-value of the signed-rank test, two-sided; None for a single image.
        t: p-value of the paired t-test, two-sided; None for a single image, and where every image differs by the same
            amount, which has no variance to test against.
        images: number of pairs.
        holm: p-value of the signed-rank test, `corrected` for all differences that were tested; of one alone the same.
    """

    mean: float
    low: float | None
    high: float | None
    wilcoxon: float | None
    t: float | None
    images: int
    holm: float | None


def spread(values: Sequence[float]) -> Spread:
    """Mean ± standard deviation, over seeds for instance.

    Raises:
        ValueError: no values, or one that is not finite.
    """
    array = _finite(values)
    if array.ndim != 1:
        raise ValueError(f"spread takes a list of numbers, got shape {array.shape}")
    deviation = float(array.std(ddof=1)) if array.size > 1 else None
    return Spread(float(array.mean()), deviation, array.size)


def over_seeds(scores: ArrayLike) -> np.ndarray:
    """One value for each image: its mean over the seeds.

    Images are the units of a paired comparison, and the runs of several seeds measured on one image are not
    independent of each other: to count them as further images would make every interval too narrow.

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
    """Paired comparison over the same images: bootstrap interval of the mean difference, and two tests.

    The interval is the bias-corrected and accelerated one (Efron 1987), where that is defined, and shrinks to a point
    where all images differ by the same amount. Images without a difference are left out by the signed-rank test, as
    Wilcoxon did; where no image differs both tests give 1.

    Args:
        first: scores, averaged over seeds before all else, `over_seeds`; the numbers of seeds may differ.
        second: scores of the same images in the same order.
        confidence: of the interval.
        resamples: of the images, with replacement.
        seed: of the resampling.
    Shape:
        (images,) or (seeds, images)
    Raises:
        ValueError: different numbers of images, no image, or a score that is not finite.
    """
    first, second = over_seeds(first), over_seeds(second)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} images cannot be paired with {second.size}: give the scores of the same images")
    differences = first - second
    scale = max(np.abs(first).max(), np.abs(second).max())
    differences[np.abs(differences) <= 1e-12 * scale] = 0  # what averaging over seeds leaves of equal scores
    mean, images = float(differences.mean()), differences.size
    if images == 1:
        return Difference(mean, None, None, None, None, images, None)
    if np.ptp(differences) <= 1e-12 * scale:
        wilcoxon, t = (float(stats.wilcoxon(differences).pvalue), None) if mean else (1.0, 1.0)
        return Difference(mean, mean, mean, wilcoxon, t, images, wilcoxon)
    low, high = _interval(differences, confidence, resamples, seed)
    wilcoxon = float(stats.wilcoxon(differences).pvalue)
    t = float(stats.ttest_1samp(differences, 0).pvalue)
    return Difference(mean, low, high, wilcoxon, t, images, wilcoxon)


def corrected(differences: Mapping[Pair, Difference]) -> dict[Pair, Difference]:
    """The same differences, with `Difference.holm` for having tested all of them.

    Holm's step-down correction (1979, "A simple sequentially rejective multiple test procedure"): where none of m
    differences is there, the smallest of the corrected p-values is below 0.05 in at most 5 % of cases, also where the
    tests depend on each other. The smallest p is multiplied by m, the next by m - 1, and so on; none becomes smaller
    than the one before it, nor larger than 1. Differences without a test do not count.
    """
    tested = {pair: each.wilcoxon for pair, each in differences.items() if each.wilcoxon is not None}
    found: dict[Pair, float] = {}
    least = 0.0
    for rank, (pair, p) in enumerate(sorted(tested.items(), key=lambda item: item[1])):
        found[pair] = least = max(least, min(1.0, (len(tested) - rank) * p))
    return {pair: each._replace(holm=found.get(pair)) for pair, each in differences.items()}


def _interval(differences: np.ndarray, confidence: float, resamples: int, seed: int) -> tuple[float, float]:
    """Bootstrap interval of the mean of paired differences: to resample these is to resample the pairs."""
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
    array = np.asarray(values, dtype=np.float64)
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"statistics need at least one value, all finite; got {array.tolist()}")
    return array
