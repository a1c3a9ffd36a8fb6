"""Write a report as a page, tables for a paper, and images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

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
        folder: of the files.
        report: from `gather`.
        against: name of the column that the others are compared with; None: the first.
        project: W&B project to log the report to; None logs nothing.

    Returns:
        the files, and the folder of the W&B run.

    Raises:
        InputError: there is no such column, or a file cannot be written.
    """
    tables = [results(report), costs(report)]
    plain_tables = [tables[0], costs(report, plain=True)]
    differences = {
        measure.key: compared(report, measure, against) for measure in report.measured if measure.better is not None
    }
    photographs = shown(report)
    files = [folder / name for name in ("index.html", "report.md", "table.tex", "table.csv", "differences.csv")]
    write_tables(files[3], plain_tables)
    write_differences(files[4], differences)
    write_text(files[2], as_latex(report, tables))
    pictures = write_pictures(folder, photographs)
    write_text(files[1], as_markdown(report, tables, differences, pictures))
    write_page(files[0], as_page(report, tables, differences, photographs))
    files += pictures
    if project is not None:
        files.append(publish(report, plain_tables, photographs, files[0], pictures, project))
    return files


def as_page(
    report: Report,
    tables: Sequence[Table],
    differences: dict[str, dict[Pair, Difference]],
    photographs: Sequence[Shown],
) -> Markup:
    """Return the page.

    Args:
        report: the report.
        tables: results and costs.
        differences: metric -> pair of columns -> difference.
        photographs: images with their crops.
    """
    result, cost = tables
    results_table = table(result.head, result.heads, result.rows, baselines=result.baselines)
    parts = [
        section("Results", [results_table], captions.under_table(report)),
        *([section("Costs", [table(cost.head, cost.heads, cost.rows)], captions.UNDER_COSTS)] if cost.heads else []),
        *missing(report),
        *pictures_of(report, photographs),
        *plane_section(report),
        *differences_section(report, differences),
        *curves_section(report),
        section("Runs", [runs_of(report), settings(report)]),
    ]
    return page(report.title, parts, captions.lead(report))


def as_latex(report: Report, tables: Sequence[Table]) -> str:
    """Return the tables of results and costs as LaTeX."""
    result, cost = tables
    text = latex(result, f"{report.title}. {captions.under_table(report)}")
    return text + (f"\n{latex(cost, captions.UNDER_COSTS)}" if cost.heads else "")


def missing(report: Report) -> list[str]:
    """Return the section on missing runs; none if nothing is missing."""
    return [section("What is missing", [bullets(report.missing)])] if report.missing else []


def pictures_of(report: Report, photographs: Sequence[Shown]) -> list[str]:
    """Return the section with crops; none without kept images."""
    figures = [crops_figure(each.name, each.versions, each.squares, each.values, each.note) for each in photographs]
    return [section("Pictures", figures, captions.under_crops(report))] if figures else []


def plane_section(report: Report) -> list[str]:
    """Return the section with the perception–distortion plane; none if one of its axes was not measured."""
    axes = charts.plane_axes(report)
    if axes is None:
        return []
    x, y = axes
    title = f"{y.heading} against {x.heading}"
    figure = plane(title, charts.plane_series(report, x, y), charts.axis(x), charts.axis(y))
    return [section("Perception–distortion plane", [figure], captions.under_plane(report))]


def differences_section(report: Report, differences: dict[str, dict[Pair, Difference]]) -> list[str]:
    """Return the section with paired differences; none for a single column."""
    figures = {
        measure.heading: intervals(measure.heading, pairs, Axis(measure.heading, measure.better), measure.digits)
        for measure in charts.leading(report)
        if (pairs := differences.get(measure.key))
    }
    note = f"{captions.under_differences(report, most_pairs(differences))} {captions.COLORS}"
    return [section("Differences", first_of(figures, 2), note)] if figures else []


def most_pairs(differences: Mapping[str, Mapping[Pair, Difference]]) -> int:
    """Return the largest number of pairs of a metric."""
    return max(map(len, differences.values()), default=0)


def curves_section(report: Report) -> list[str]:
    """Return the section with training curves; none before anything was logged."""
    figures = {
        name: curves(name, charts.curve_series(report, name), Axis("iteration"), charts.named(report.measured, name))
        for name in charts.curve_names(report)
    }
    return [section("Training curves", first_of(figures, 4), captions.under_curves(report))] if figures else []


def first_of(figures: Mapping[str, str], count: int) -> list[str]:
    """Show the first figures side by side and fold the others below their titles."""
    titles, parts = list(figures), list(figures.values())
    rest = f"{len(titles) - count} more: {', '.join(titles[count:])}"
    return [side_by_side(parts[:count]), *([folded(rest, [side_by_side(parts[count:])])] if titles[count:] else [])]


def runs_of(report: Report) -> str:
    """Return the table of runs: overrides, status, best value, minutes."""
    heads = [Column("Overrides"), Column("Status"), Column("Best"), Column("Minutes", None, 1)]
    rows = {
        run.folder.name: [
            " ".join(run.axes) or "–",
            run.describe_status(),
            "–" if run.result is None or run.result["value"] is None
            else f"{run.result['monitor']} {run.result['value']:.4g} at iteration {run.protocol.get('iteration', '?')}",
            None if run.seconds is None else run.seconds / 60,
        ]
        for run in report.runs
    }  # fmt: skip
    return table("Folder", heads, rows)


def settings(report: Report) -> str:
    """Return the evaluation settings of the finished runs, folded."""
    protocols = [run.protocol for run in report.finished]
    keys = ("protocol", "scale", "border", "degradation", "sr_lightning")
    if not protocols:
        return ""
    values = {key: dict.fromkeys(str(protocol.get(key, "?")) for protocol in protocols) for key in keys}
    return folded("How it was measured", [definitions({key: "; ".join(each) for key, each in values.items()})])


def as_markdown(
    report: Report, tables: Sequence[Table], differences: dict[str, dict[Pair, Difference]], pictures: Sequence[Path]
) -> str:
    """Return the report as Markdown; see `as_page` for the arguments, and ``pictures`` are files beside it."""
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
