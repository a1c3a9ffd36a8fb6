"""Differences with confidence intervals, one line per pair of networks."""

from collections.abc import Mapping
from typing import Protocol

from markupsafe import Markup

from sr_lightning.visuals.html.axes import Axis, range_of
from sr_lightning.visuals.html.templates import render

SIGNIFICANT = 0.05


class Difference(Protocol):
    """Mean difference, ends of its confidence interval, and corrected p-value; None for a single image."""

    @property
    def mean(self) -> float: ...

    @property
    def low(self) -> float | None: ...

    @property
    def high(self) -> float | None: ...

    @property
    def holm(self) -> float | None: ...


def intervals(title: str, differences: Mapping[tuple[str, str], Difference], axis: Axis, digits: int = 2) -> Markup:
    """Draw and write the mean difference, its interval and the corrected p-value of each pair of networks.

    Args:
        title: plain text.
        differences: names of two networks -> difference of the first from the second.
        axis: of the metric; its direction decides the color of a difference.
        digits: after the decimal point.
    """
    ends = [value for each in differences.values() for value in (each.mean, each.low, each.high) if value is not None]
    low, high = range_of([*ends, 0.0], 0.06)

    def across(value: float | None) -> float | None:
        return None if value is None else round(100 * (value - low) / (high - low), 2)

    lines = [
        {
            "name": name,
            "other": other,
            "verdict": verdict(each, axis.better),
            "mean": across(each.mean),
            "low": across(each.low),
            "high": across(each.high),
            "text": signed(each.mean, digits),
            "range": "" if each.low is None or each.high is None
            else f"{signed(each.low, digits)}, {signed(each.high, digits)}",
            "p": "–" if each.holm is None else probability(each.holm),
        }
        for (name, other), each in differences.items()
    ]  # fmt: skip
    return render("intervals", title=title, better=axis.better, lines=lines, zero=across(0))


def verdict(difference: Difference, better: str | None) -> str:
    """Return ``better``, ``worse``, ``different`` if the direction is unknown, or ``open`` if it may be chance.

    Both the interval and the test must agree: with two or three images the bootstrap alone is overconfident.
    """
    low, high, p = difference.low, difference.high, difference.holm
    if low is None or high is None or p is None or low <= 0 <= high or p >= SIGNIFICANT:
        return "open"
    return "different" if better is None else "better" if (difference.mean > 0) == (better == "higher") else "worse"


def signed(value: float, digits: int) -> str:
    """Format a number with its sign, with U+2212 for minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def probability(p: float) -> str:
    """Format a p-value with three digits."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
