"""Training curves and the perception–distortion plane, as drawings whose letters stay as large as the page's."""

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from sr_lightning.visuals.html.axes import Axis, Frame, Series, finite, frame_of, is_finite, near
from sr_lightning.visuals.html.label_placement import LINE, apart, beside
from sr_lightning.visuals.html.ticks import ticks, written

COLOURS = 8
HEIGHT = 340  # pixels
MARKED = 30  # a curve of more points is a line alone
NARROWEST = 300  # width for which labels are placed; on a wider page they are only further apart


def curves(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """Lines with their names at their ends; where the page is narrow, in a list above."""
    shown = [each for each in series if finite(each)]
    if not shown:
        return _empty(title)
    frame = frame_of(shown, room=0.0)
    body = [_curve(each, i, frame) for i, each in enumerate(shown)]
    ends = [finite(each)[-1] for each in shown]
    heights = apart([frame.down(end[1]) * HEIGHT / 100 for end in ends], LINE, 0, HEIGHT)
    for i, (each, height) in enumerate(zip(shown, heights, strict=True)):
        body.append(
            f'<text class="direct {_colour(each, i)}" x="100%" dx="10" y="{height / HEIGHT * 100:.2f}%" dy=".35em">'
            f"{escape(each.name)}</text>"
        )
    room = 18 + 7 * max(len(each.name) for each in shown)
    return _figure(title, shown, frame, x, y, "".join(body), "curves", room)


def plane(title: str, series: Sequence[Series], x: Axis, y: Axis) -> str:
    """Points with their names beside them, such as networks by PSNR and NIQE; the better corner is said.

    Points without a label that are far from all others, such as the first validations of a training, are left out.
    """
    shown = [each for each in series if finite(each)]
    if not shown:
        return _empty(title)
    frame = frame_of(near(shown), room=0.09)
    body = [_curve(each, i, frame, markers=True) for i, each in enumerate(shown)]
    written_there: list[tuple[float, float]] = []
    if x.better and y.better:
        right, up = x.better == "higher", y.better == "higher"
        arrow = {(True, True): "↗", (True, False): "↘", (False, True): "↖", (False, False): "↙"}[right, up]
        place = f'x="{100 * right}%" dx="{-8 if right else 8}" y="{100 * (not up)}%" dy="{18 if up else -10}"'
        anchor = "end" if right else "start"
        body.append(f'<text class="better" {place} text-anchor="{anchor}">better {arrow}</text>')
        written_there = [(abs(NARROWEST * right - away), 14 if up else HEIGHT - 14) for away in range(10, 70, 10)]
    body.append(_names(shown, frame, written_there))
    return _figure(title, shown, frame, x, y, "".join(body), "plane", 12)


def _colour(series: Series, number: int) -> str:
    if series.quiet:
        return "quiet"
    return f"c{number % COLOURS}" + (" dashed" if number >= COLOURS else "")


def _curve(series: Series, number: int, frame: Frame, markers: bool = False) -> str:
    """One series: band, line, points, in a drawing of 100 by 100 that the browser stretches."""
    runs: list[list[tuple[float, float]]] = [[]]
    for a, b in series.points:
        if is_finite((a, b)):
            runs[-1].append((frame.across(a), frame.down(b)))
        elif runs[-1]:
            runs.append([])
    parts = [f'<g class="{_colour(series, number)}"><title>{escape(series.name)}</title>']
    overflow = "hidden" if markers else "visible"
    parts.append(
        f'<svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%" overflow="{overflow}">'
    )
    if series.spread:
        known = [(p, s) for p, s in zip(series.points, series.spread, strict=True) if math.isfinite(s + sum(p))]
        edge = [(a, b + s) for (a, b), s in known] + [(a, b - s) for (a, b), s in reversed(known)]
        parts.append(f'<polygon points="{_path([(frame.across(a), frame.down(b)) for a, b in edge])}"/>')
    if series.line:
        parts += [f'<polyline points="{_path(run)}"/>' for run in runs if len(run) > 1]
    parts.append("</svg>")
    if markers or len(series.points) <= MARKED:
        for i, (a, b) in enumerate(series.points):
            if is_finite((a, b)) and frame.holds(a, b):
                label = series.labels[i] if series.labels else ""
                name = series.notes[i] if series.notes else ", ".join(filter(None, (series.name, label)))
                radius = 2.5 if not markers else 3 if series.labels and not label else 5
                parts.append(
                    f'<circle cx="{frame.across(a)}%" cy="{frame.down(b)}%" r="{radius}">'
                    f"<title>{escape(name)}: {a:.6g}, {b:.6g}</title></circle>"
                )
    return "".join(parts) + "</g>"


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{a:g},{b:g}" for a, b in points)


def _names(series: Sequence[Series], frame: Frame, taken: Sequence[tuple[float, float]]) -> str:
    """The labels of a plane's points; a series of one point is labelled with its name.

    Args:
        taken: where else something is written, in pixels of the narrowest plane.
    """
    named = []
    for number, each in enumerate(series):
        labels = each.labels or ((each.name,) if len(each.points) == 1 else ("",) * len(each.points))
        for point, label in zip(each.points, labels, strict=True):
            if is_finite(point):
                named.append((frame.across(point[0]), frame.down(point[1]), label, number))
    places = [(x * NARROWEST / 100, y * HEIGHT / 100) for x, y, _, _ in named]
    texts = [label for _, _, label, _ in named]
    for each in series:  # lines are in the way, too
        points = [(frame.across(a) * NARROWEST / 100, frame.down(b) * HEIGHT / 100) for a, b in finite(each)]
        for (a, b), (c, d) in pairwise(points) if each.line else ():
            places += [(a + (c - a) * i / 6, b + (d - b) * i / 6) for i in range(1, 6)]
    places += taken
    sides = beside(places, texts + [""] * (len(places) - len(texts)), NARROWEST, HEIGHT)
    offsets = {
        "right": 'dx="9" dy=".35em"',
        "left": 'dx="-9" dy=".35em" text-anchor="end"',
        "above": 'dy="-10" text-anchor="middle"',
        "below": 'dy="20" text-anchor="middle"',
    }
    return "".join(
        f'<text class="{_colour(series[number], number)}" x="{x}%" y="{y}%" {offsets[side]}>{escape(label)}</text>'
        for (x, y, label, number), side in zip(named, sides, strict=False)
        if label
    )


def _figure(
    title: str, series: Sequence[Series], frame: Frame, x: Axis, y: Axis, body: str, kind: str, room: int
) -> str:
    grid = [
        f'<line x1="0" x2="100%" y1="{frame.down(tick)}%" y2="{frame.down(tick)}%"/>'
        f'<text x="0" dx="-8" y="{frame.down(tick)}%" dy=".35em" text-anchor="end">{written(tick)}</text>'
        for tick in ticks(*frame.y)
    ]
    grid += [
        f'<line x1="{frame.across(tick)}%" x2="{frame.across(tick)}%" y1="100%" y2="100%" class="tick"/>'
        f'<text x="{frame.across(tick)}%" y="100%" dy="20" text-anchor="middle">{written(tick)}</text>'
        for tick in ticks(*frame.x, count=4)
    ]
    key = "".join(f'<li class="{_colour(each, i)}">{escape(each.name)}</li>' for i, each in enumerate(series))
    described = f"{title}: {y.title} against {x.title}, {', '.join(each.name for each in series)}"
    return f"""<figure class="chart {kind}" style="--room:{room}px">
<figcaption><strong>{escape(title)}</strong><ul class="key">{key}</ul></figcaption>
<p class="axis">{_axis(y)}</p>
<div class="plot"><svg role="img" aria-label="{escape(described)}" width="100%" height="{HEIGHT}" overflow="visible">
<g class="grid">{"".join(grid)}<line class="base" x1="0" x2="100%" y1="100%" y2="100%"/></g>
{body}
</svg></div>
<p class="axis x">{_axis(x)}</p>
</figure>
"""


def _axis(axis: Axis) -> str:
    better = f" <small>({axis.better} is better)</small>" if axis.better else ""
    return escape(axis.title) + better


def _empty(title: str) -> str:
    """What stands where a run has not measured anything yet."""
    caption = f"<figcaption><strong>{escape(title)}</strong></figcaption>"
    return f'<figure class="chart">{caption}<p>No values yet.</p></figure>\n'
