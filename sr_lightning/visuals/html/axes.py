"""Data of a chart, and the range of values that it shows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Series:
    """Points of one curve or one network.

    Args:
        name: plain text.
        points: (x, y); points that are not finite interrupt the line.
        labels: text at each point of a plane, where unlabeled points are small; empty for a curve.
        notes: tooltip of each point; by default the name and the label.
        spread: half height of the band at each point, such as the standard deviation over seeds.
        line: connect the points in order.
        quiet: drawn in gray, for baselines.
    """

    name: str
    points: Sequence[tuple[float, float]]
    labels: Sequence[str] = ()
    notes: Sequence[str] = ()
    spread: Sequence[float] = ()
    line: bool = True
    quiet: bool = False

    def __post_init__(self) -> None:
        for key in ("labels", "notes", "spread"):
            count = len(getattr(self, key))
            if count not in (0, len(self.points)):
                raise ValueError(f"series {self.name!r} has {len(self.points)} points but {count} {key}")


@dataclass(frozen=True)
class Axis:
    """Title of an axis, and the direction of better values."""

    title: str
    better: Literal["higher", "lower"] | None = None


@dataclass(frozen=True)
class Frame:
    """Maps values to percent of the drawing."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        """Return the horizontal position."""
        return round(100 * (value - self.x[0]) / (self.x[1] - self.x[0]), 3)

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a point lies inside."""
        return self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1]

    def down(self, value: float) -> float:
        """Return the vertical position, from the top."""
        return round(100 * (self.y[1] - value) / (self.y[1] - self.y[0]), 3)


def is_finite(point: tuple[float, float]) -> bool:
    """Tell whether both coordinates are finite."""
    return math.isfinite(point[0]) and math.isfinite(point[1])


def finite(series: Series) -> list[tuple[float, float]]:
    """Return the points that can be drawn."""
    return [point for point in series.points if is_finite(point)]


def frame_of(series: Sequence[Series], room: float) -> Frame:
    """Return the range of all points and bands.

    Args:
        room: margin around them, as a share of the range.
    """
    points = [point for each in series for point in finite(each)]
    bands = [
        (a, b + sign * spread)
        for each in series
        for (a, b), spread in zip(each.points, each.spread, strict=False)
        for sign in (-1, 1)
        if is_finite((a, b)) and math.isfinite(spread)
    ]
    x = range_of([a for a, _ in points], room)
    return Frame(x, range_of([b for _, b in points + bands], max(room, 0.05)))


def near(series: Sequence[Series]) -> list[Series]:
    """Drop unlabeled points that are farther out than the labeled ones are apart."""
    named = [
        point
        for each in series
        for point, label in zip(each.points, each.labels or ["-"] * len(each.points), strict=True)
        if label and is_finite(point)
    ]
    limits = [(2 * min(v) - max(v), 2 * max(v) - min(v)) for v in zip(*named, strict=True)]
    if len(named) < 2:
        return list(series)
    frame = Frame(*limits)
    return [Series(each.name, [point for point in each.points if frame.holds(*point)]) for each in series]


def range_of(values: Sequence[float], room: float) -> tuple[float, float]:
    """Return the range of values with a margin; equal values get a range around them."""
    low, high = min(values), max(values)
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        half = abs(low) / 10 or 1.0
        return low - half, high + half
    return low - room * (high - low), high + room * (high - low)
