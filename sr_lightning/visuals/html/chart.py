"""Training curves and the perception–distortion plane as SVG with text at the page's size."""

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from sr_lightning.visuals.html.axes import Axis, Frame, Series, finite, frame_of, is_finite, near
from sr_lightning.visuals.html.label_placement import HEIGHT, LINE, NARROWEST, Text, apart, point_labels
from sr_lightning.visuals.html.templates import render
from sr_lightning.visuals.html.ticks import format_tick, ticks

COLORS = 8  # of the style sheet
MARKED = 30  # points; longer curves are drawn without markers


def curves(title: str, series: Sequence[Series], x: Axis, y: Axis) -> Markup:
    """Draw lines with their names at their ends; on narrow pages the names are in a legend above."""
    shown = [each for each in series if finite(each)]
    if not shown:
        return render("chart_empty", title=title)
    frame = frame_of(shown, room=0.0)
    ends = [finite(each)[-1] for each in shown]
    heights = apart([frame.down(end[1]) * HEIGHT / 100 for end in ends], LINE, 0, HEIGHT)
    names: list[Text] = [
        {"text": each.name, "class": f"direct {color(each, i)}", "x": "100%", "dx": "10", "dy": ".35em",
         "y": f"{height / HEIGHT * 100:.2f}%"}
        for i, (each, height) in enumerate(zip(shown, heights, strict=True))
    ]  # fmt: skip
    room = 18 + 7 * max(len(each.name) for each in shown)
    return _chart("curves", title, shown, frame, (x, y), names, room)


def plane(title: str, series: Sequence[Series], x: Axis, y: Axis) -> Markup:
    """Draw labeled points, such as networks by PSNR and NIQE, and mark the better corner.

    Unlabeled points far from the labeled ones, such as the first validations of a training, are left out.
    """
    shown = [each for each in series if finite(each)]
    if not shown:
        return render("chart_empty", title=title)
    frame = frame_of(near(shown), room=0.09)
    texts, taken = _better_corner(x, y)
    for number, label in point_labels(shown, frame, taken):
        texts.append({"class": color(shown[number], number), **label})
    return _chart("plane", title, shown, frame, (x, y), texts, room=12)


def color(series: Series, number: int) -> str:
    """Return the CSS class of the n-th series; lines are dashed when the colors repeat."""
    if series.quiet:
        return "quiet"
    return f"c{number % COLORS}" + (" dashed" if number >= COLORS else "")


def _better_corner(x: Axis, y: Axis) -> tuple[list[Text], list[tuple[float, float]]]:
    """Return the text in the corner of better values, and the pixels it covers; nothing if a direction is unknown."""
    if not (x.better and y.better):
        return [], []
    right, up = x.better == "higher", y.better == "higher"
    arrow = {(True, True): "↗", (True, False): "↘", (False, True): "↖", (False, False): "↙"}[right, up]
    text = {
        "text": f"better {arrow}",
        "class": "better",
        "x": f"{100 * right}%",
        "dx": str(-8 if right else 8),
        "y": f"{100 * (not up)}%",
        "dy": str(18 if up else -10),
        "text-anchor": "end" if right else "start",
    }
    return [text], [(abs(NARROWEST * right - away), 14 if up else HEIGHT - 14) for away in range(10, 70, 10)]


def _drawn(series: Series, number: int, frame: Frame, plane: bool) -> dict[str, Any]:
    """Return one series for the template: color, band, lines and dots in percent of the drawing."""
    runs: list[list[tuple[float, float]]] = [[]]
    for a, b in series.points:
        if is_finite((a, b)):
            runs[-1].append((frame.across(a), frame.down(b)))
        elif runs[-1]:
            runs.append([])
    known = [(p, s) for p, s in zip(series.points, series.spread, strict=False) if math.isfinite(s + sum(p))]
    edge = [(a, b + s) for (a, b), s in known] + [(a, b - s) for (a, b), s in reversed(known)]
    return {
        "name": series.name,
        "color": color(series, number),
        "band": _path([(frame.across(a), frame.down(b)) for a, b in edge]),
        "lines": [_path(run) for run in runs if len(run) > 1] if series.line else [],
        "dots": _dots(series, frame, plane) if plane or len(series.points) <= MARKED else [],
    }


def _dots(series: Series, frame: Frame, plane: bool) -> list[dict[str, Any]]:
    """Return the markers of the points inside the frame, with their tooltips."""
    dots = []
    for i, (a, b) in enumerate(series.points):
        if not (is_finite((a, b)) and frame.holds(a, b)):
            continue
        label = series.labels[i] if series.labels else ""
        name = series.notes[i] if series.notes else ", ".join(filter(None, (series.name, label)))
        radius = 2.5 if not plane else 3 if series.labels and not label else 5
        dots.append({"x": frame.across(a), "y": frame.down(b), "radius": radius, "note": f"{name}: {a:.6g}, {b:.6g}"})
    return dots


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{a:g},{b:g}" for a, b in points)


def _chart(
    kind: str, title: str, series: Sequence[Series], frame: Frame, axes: tuple[Axis, Axis], texts: list[Text], room: int
) -> Markup:
    """Render the figure: legend, axes, grid, series and texts.

    Args:
        room: pixels kept free on the right, for the names of curves.
    """
    x, y = axes
    return render(
        "chart",
        kind=kind,
        title=title,
        room=room,
        height=HEIGHT,
        x=x,
        y=y,
        description=f"{title}: {y.title} against {x.title}, {', '.join(each.name for each in series)}",
        rows=[{"at": frame.down(tick), "text": format_tick(tick)} for tick in ticks(*frame.y)],
        columns=[{"at": frame.across(tick), "text": format_tick(tick)} for tick in ticks(*frame.x, count=4)],
        series=[_drawn(each, i, frame, kind == "plane") for i, each in enumerate(series)],
        overflow="hidden" if kind == "plane" else "visible",
        texts=texts,
    )
