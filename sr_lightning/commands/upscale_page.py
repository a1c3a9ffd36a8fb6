"""The comparison page of the ``upscale`` command."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from sr_lightning.errors import InputError
from sr_lightning.system.atomic import check_writable
from sr_lightning.upscaling import Job, Report, make_sliders
from sr_lightning.visuals import html

PIPE = "-"
COLUMNS = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())


def check_page(page: str, inputs: Sequence[str], output: str | None) -> None:
    """Check the path of the comparison page before the work.

    Raises:
        InputError: the page cannot be written, or there are no files to compare.
    """
    path = Path(page)
    if path.suffix.lower() not in (".html", ".htm"):  # e.g. an input given right after --compare
        raise InputError(f"--compare {page}: is not the name of a page; use a name that ends in .html")
    if path.is_dir():
        raise InputError(f"--compare {page}: is a folder; choose another name")
    check_writable(path)
    if PIPE in inputs or output == PIPE:
        raise InputError(f"--compare {page}: needs files instead of {PIPE}")


def compare(jobs: Sequence[Job], page: str, lead: str, report: Report, console: Console) -> None:
    """Write the page with all images whose outputs exist; images that cannot be compared are added to the report."""
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Comparing", total=len(jobs))
        parts, problems = make_sliders(jobs, lambda job: progress.advance(bar))
    report.problems.update(problems)
    if not parts:
        report.problems[Path(page)] = f"{page}: not written because there is no image to compare"
        return
    html.write_page(page, html.page("Before and after", parts, lead))
