"""Placement of the names of points and curves without overlap."""

from collections.abc import Sequence
from itertools import pairwise

from sr_lightning.visuals.html.axes import Frame, Series, finite, is_finite

HEIGHT = 340  # pixels of a chart
NARROWEST = 300  # pixels; labels are placed for this width, and only move further apart on wider pages
LINE = 15.0  # pixels
LETTER = 6.4
OFFSETS = {
    "right": {"dx": "9", "dy": ".35em"},
    "left": {"dx": "-9", "dy": ".35em", "text-anchor": "end"},
    "above": {"dy": "-10", "text-anchor": "middle"},
    "below": {"dy": "20", "text-anchor": "middle"},
}
"""SVG attributes of a label on each side of its point."""

Text = dict[str, str]
"""Attributes of an SVG text, and its content under the key ``text``."""


def apart(positions: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Move positions until neighbors keep a distance, in their order and, if there is room, within [low, high]."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    moved = list(positions)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + distance)
    limit = high
    for i in reversed(order):
        moved[i] = min(moved[i], limit)
        limit = moved[i] - distance
    shift = max(0.0, low - min(moved, default=low))
    return [position + shift for position in moved]


def point_labels(
    series: Sequence[Series], frame: Frame, taken: Sequence[tuple[float, float]]
) -> list[tuple[int, Text]]:
    """Place the labels of a plane's points; a series of one point without labels is labeled with its name.

    Args:
        taken: other positions covered by text, in pixels of the narrowest plane.

    Returns:
        number of the series and the text, for each label.
    """
    named = []
    for number, each in enumerate(series):
        labels = each.labels or ((each.name,) if len(each.points) == 1 else ("",) * len(each.points))
        for point, label in zip(each.points, labels, strict=True):
            if is_finite(point):
                named.append((frame.across(point[0]), frame.down(point[1]), label, number))
    points = [(x * NARROWEST / 100, y * HEIGHT / 100) for x, y, _, _ in named]
    obstacles = [*_along_lines(series, frame), *taken]
    sides = beside([*points, *obstacles], [text for _, _, text, _ in named] + [""] * len(obstacles), NARROWEST, HEIGHT)
    return [
        (number, {"text": label, "x": f"{x}%", "y": f"{y}%", **OFFSETS[side]})
        for (x, y, label, number), side in zip(named, sides, strict=False)
        if label
    ]


def _along_lines(series: Sequence[Series], frame: Frame) -> list[tuple[float, float]]:
    """Return points on the lines between points, which labels should not cover either."""
    between = []
    for each in series:
        points = [(frame.across(a) * NARROWEST / 100, frame.down(b) * HEIGHT / 100) for a, b in finite(each)]
        for (a, b), (c, d) in pairwise(points) if each.line else ():
            between += [(a + (c - a) * i / 6, b + (d - b) * i / 6) for i in range(1, 6)]
    return between


def beside(points: Sequence[tuple[float, float]], texts: Sequence[str], width: float, height: float) -> list[str]:
    """Choose for each point the side, ``right``, ``left``, ``above`` or ``below``, on which its text covers least.

    Args:
        points: in pixels from the upper left corner.
        texts: empty for points without a label.
        width: of the area, in pixels.
        height: of the area, in pixels.
    """
    taken = [(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    sides = []
    for (x, y), text in zip(points, texts, strict=True):
        boxes = {side: _box(side, x, y, len(text) * LETTER) for side in ("right", "left", "above", "below")}
        cost = {
            side: sum(_common(box, other) for other in taken) + 4 * _outside(box, width, height)
            for side, box in boxes.items()
        }
        side = min(boxes, key=lambda each: cost[each])  # the first of equals
        sides.append(side)
        if text:
            taken.append(boxes[side])
    return sides


Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def _box(side: str, x: float, y: float, length: float) -> Box:
    """Return the area of a text beside a point."""
    left = {"right": x + 8, "left": x - 8 - length}.get(side, x - length / 2)
    top = {"above": y - 8 - LINE, "below": y + 8}.get(side, y - LINE / 2)
    return left, top, left + length, top + LINE


def _common(a: Box, b: Box) -> float:
    """Return the area of the intersection of two boxes."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _outside(box: Box, width: float, height: float) -> float:
    """Return the area of a box that lies outside the drawing."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    return area - _common(box, (0.0, 0.0, width, height))
