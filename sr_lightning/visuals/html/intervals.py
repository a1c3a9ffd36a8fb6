"""Differences with their confidence intervals, one line each: what does not touch zero is more than chance."""

from collections.abc import Mapping
from html import escape
from typing import Protocol

from sr_lightning.visuals.html.axes import Axis, range_of

SIGNIFICANT = 0.05


class Difference(Protocol):
    """A mean difference, the ends of its confidence interval, and the corrected p-value; None for a single pair."""

    @property
    def mean(self) -> float: ...

    @property
    def low(self) -> float | None: ...

    @property
    def high(self) -> float | None: ...

    @property
    def holm(self) -> float | None: ...


def intervals(title: str, differences: Mapping[tuple[str, str], Difference], axis: Axis, digits: int = 2) -> str:
    """A line for each pair of networks: the mean difference and its interval, drawn and written, and the corrected p.

    Args:
        title: plain text.
        differences: names of two networks -> how the first differs from the second.
        axis: what is measured; the colour says whether a difference is for the better.
        digits: after the point.
    """
    ends = [value for each in differences.values() for value in (each.mean, each.low, each.high) if value is not None]
    low, high = range_of([*ends, 0.0], 0.06)

    def across(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    lines = []
    for (name, other), each in differences.items():
        kind = verdict(each, axis.better)
        drawn = f'<line class="zero" x1="{across(0)}%" x2="{across(0)}%" y1="0" y2="100%"/>'
        written = f"{each.mean:+.{digits}f}"
        if each.low is not None and each.high is not None:
            drawn += f'<line class="bar" x1="{across(each.low)}%" x2="{across(each.high)}%" y1="50%" y2="50%"/>'
            written += f" <small>[{each.low:+.{digits}f}, {each.high:+.{digits}f}]</small>"
        drawn += f'<circle cx="{across(each.mean)}%" cy="50%" r="4.5"/>'
        p = "–" if each.holm is None else probability(each.holm)
        lines.append(
            f'<tr class="{kind}"><th scope="row">{escape(name)} <small>− {escape(other)}</small></th>'
            f'<td class="drawn"><svg role="img" aria-label="{kind}" width="100%" height="30" overflow="visible">{drawn}'
            f"</svg></td><td>{written.replace('-', '−')}</td><td>{p}</td></tr>\n"
        )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("pair", "", "difference", "p"))
    better = f" <small>({axis.better} is better)</small>" if axis.better else ""
    return f"""<figure class="intervals"><figcaption><strong>{escape(title)}</strong>{better}</figcaption>
<div class="wide" tabindex="0" role="region" aria-label="{escape(title)}">
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{"".join(lines)}</tbody></table></div></figure>
"""


def verdict(difference: Difference, better: str | None) -> str:
    """``better``, ``worse``, or ``different`` where nobody says which is better; ``open`` where it may be chance.

    The bootstrap alone is sure of itself with two or three images, with which the test can show nothing.
    """
    low, high, p = difference.low, difference.high, difference.holm
    if low is None or high is None or p is None or low <= 0 <= high or p >= SIGNIFICANT:
        return "open"
    return "different" if better is None else "better" if (difference.mean > 0) == (better == "higher") else "worse"


def probability(p: float) -> str:
    return "&lt; 0.001" if p < 0.001 else f"{p:.3f}"
