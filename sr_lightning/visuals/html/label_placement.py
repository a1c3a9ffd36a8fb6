"""Where the names of points and curves are written so that they do not cover each other."""

from collections.abc import Sequence
from itertools import pairwise

LINE = 15.0  # pixels
LETTER = 6.4


def apart(positions: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Move positions until neighbours keep a distance, in their order and, where there is room, in [low, high]."""
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


def beside(points: Sequence[tuple[float, float]], texts: Sequence[str], width: float, height: float) -> list[str]:
    """The side of each point, ``right``, ``left``, ``above`` or ``below``, on which its text covers least.

    Args:
        points: in pixels from the upper left corner.
        texts: empty where nothing is written.
        width: of the area, in pixels.
        height: of the area.
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


def _box(side: str, x: float, y: float, length: float) -> Box:
    left = {"right": x + 8, "left": x - 8 - length}.get(side, x - length / 2)
    top = {"above": y - 8 - LINE, "below": y + 8}.get(side, y - LINE / 2)
    return left, top, left + length, top + LINE


def _common(a: Box, b: Box) -> float:
    """Area that two boxes share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _outside(box: Box, width: float, height: float) -> float:
    area = (box[2] - box[0]) * (box[3] - box[1])
    return area - _common(box, (0.0, 0.0, width, height))
