"""A report as files: a page, tables for a paper, pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sr_lightning.reporting import captions, charts
from sr_lightning.reporting.crops import Shown, shown, write_pictures
from sr_lightning.reporting.report import Pair, Report, compared
from sr_lightning.reporting.result_table import Table, costs, results
from sr_lightning.reporting.significance import Difference
from sr_lightning.reporting.text_tables import latex, markdown, markdown_differences, write_differences, write_tables
from sr_lightning.reporting.wandb import publish
from sr_lightning.system.atomic import write_text
from sr_lightning.visuals.html import (
    Axis,
    Column,
    bullets,
    crops_figure,
    curves,
    definitions,
    folded,
    intervals,
    page,
    plane,
    section,
    side_by_side,
    table,
    write_page,
)


def write_report(folder: Path, report: Report, against: str | None = None, project: str | None = None) -> list[Path]:
    """Write ``index.html``, ``report.md``, ``table.tex``, ``table.csv``, ``differences.csv`` and pictures of crops.

    Args:
        folder: where they go.
        against: column that the others are compared with; None: the first.
        project: of W&B, where the report becomes a run, too; None: it does not.
    Returns:
        the files, each of them whole, and the folder of the W&B run.
    Raises:
        InputError: no such column, or a file cannot be written.
    """
    found, cost = results(report), costs(report)
    differences = {
        measure.key: compared(report, measure, against) for measure in report.measured if measure.better is not None
    }
    photographs = shown(report)
    files = [folder / name for name in ("index.html", "report.md", "table.tex", "table.csv", "differences.csv")]
    note = captions.under_table(report)
    write_tables(files[3], [found, costs(report, plain=True)])
    write_differences(files[4], differences)
    write_text(
        files[2],
        latex(found, f"{report.title}. {note}") + (f"\n{latex(cost, captions.UNDER_COSTS)}" if cost.heads else ""),
    )
    pictures = write_pictures(folder, photographs)
    write_text(files[1], as_markdown(report, [found, cost], differences, pictures))
    parts = [
        section("Results", [table(found.head, found.heads, found.rows, baselines=found.baselines)], note),
        *([section("Costs", [table(cost.head, cost.heads, cost.rows)], captions.UNDER_COSTS)] if cost.heads else []),
        *missing(report),
        *pictures_of(report, photographs),
        *the_plane(report),
        *the_differences(report, differences),
        *the_curves(report),
        section("Runs", [runs_of(report), settings(report)]),
    ]
    write_page(files[0], page(report.title, parts, captions.lead(report)))
    published = (
        []
        if project is None
        else [publish(report, [found, costs(report, plain=True)], photographs, files[0], pictures, project)]
    )
    return [*files, *pictures, *published]


def missing(report: Report) -> list[str]:
    return [section("What is missing", [bullets(report.missing)])] if report.missing else []


def pictures_of(report: Report, photographs: Sequence[Shown]) -> list[str]:
    figures = [crops_figure(each.name, each.versions, each.squares, each.values, each.note) for each in photographs]
    return [section("Pictures", figures, captions.under_crops(report))] if figures else []


def the_plane(report: Report) -> list[str]:
    axes = charts.plane_axes(report)
    if axes is None:
        return []
    x, y = axes
    drawn = plane(f"{y.heading} against {x.heading}", charts.plane_series(report, x, y), charts.axis(x), charts.axis(y))
    return [section("Perception–distortion plane", [drawn], captions.under_plane(report))]


def the_differences(report: Report, differences: dict[str, dict[Pair, Difference]]) -> list[str]:
    drawn = {
        measure.heading: intervals(measure.heading, pairs, Axis(measure.heading, measure.better), measure.digits)
        for measure in charts.leading(report)
        if (pairs := differences.get(measure.key))
    }
    note = f"{captions.under_differences(report, most_pairs(differences))} {captions.COLOURS}"
    return [section("Differences", first_of(drawn, 2), note)] if drawn else []


def most_pairs(differences: Mapping[str, Mapping[Pair, Difference]]) -> int:
    return max(map(len, differences.values()), default=0)


def the_curves(report: Report) -> list[str]:
    drawn = {
        name: curves(name, charts.curve_series(report, name), Axis("iteration"), charts.named(report.measured, name))
        for name in charts.curve_names(report)
    }
    return [section("Training curves", first_of(drawn, 4), captions.under_curves(report))] if drawn else []


def first_of(drawn: Mapping[str, str], count: int) -> list[str]:
    """The first figures side by side; the others, by title, for a reader to open."""
    titles, figures = list(drawn), list(drawn.values())
    rest = f"{len(titles) - count} more: {', '.join(titles[count:])}"
    return [side_by_side(figures[:count]), *([folded(rest, [side_by_side(figures[count:])])] if titles[count:] else [])]


def runs_of(report: Report) -> str:
    heads = [Column("Overrides"), Column("Status"), Column("Best"), Column("Minutes", None, 1)]
    rows = {
        run.folder.name: [
            " ".join(run.axes) or "–",
            run.told(),
            "–" if run.result is None or run.result["value"] is None
            else f"{run.result['monitor']} {run.result['value']:.4g} at iteration {run.protocol.get('iteration', '?')}",
            None if run.seconds is None else run.seconds / 60,
        ]
        for run in report.runs
    }  # fmt: skip
    return table("Folder", heads, rows)


def settings(report: Report) -> str:
    """How the finished runs were measured, word by word."""
    protocols = [run.protocol for run in report.finished]
    keys = ("protocol", "scale", "border", "degradation", "sr_lightning")
    if not protocols:
        return ""
    values = {key: dict.fromkeys(str(protocol.get(key, "?")) for protocol in protocols) for key in keys}
    return folded("How it was measured", [definitions({key: "; ".join(each) for key, each in values.items()})])


def as_markdown(
    report: Report, tables: Sequence[Table], differences: dict[str, dict[Pair, Difference]], pictures: Sequence[Path]
) -> str:
    parts = [f"# {report.title}", captions.lead(report), markdown(tables[0]), captions.under_table(report)]
    if tables[1].heads:
        parts += ["## Costs", markdown(tables[1]), captions.UNDER_COSTS]
    if report.missing:
        parts += ["## What is missing", "\n".join(f"- {each}" for each in report.missing)]
    if any(differences.values()):
        pairs = [markdown_differences(measure, differences.get(measure.key, {})) for measure in report.measured]
        parts += ["## Differences", *pairs, captions.under_differences(report, most_pairs(differences))]
    parts += [f"![{path.stem}]({path.name})" for path in pictures]
    return "\n\n".join(part.strip() for part in parts) + "\n"
