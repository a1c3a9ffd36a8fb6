"""Log a report as a W&B run in the group of its sweep."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sr_lightning.reporting.crops import Shown
from sr_lightning.reporting.report import Report
from sr_lightning.reporting.result_table import Table
from sr_lightning.reporting.significance import Spread
from sr_lightning.training.resolvers import kept_id, wandb_mode
from sr_lightning.visuals.html.table import Cell


def publish(
    report: Report,
    tables: Sequence[Table],
    photographs: Sequence[Shown],
    page: Path,
    pictures: Sequence[Path],
    project: str,
) -> Path:
    """Log tables, captioned images and the page; the same report resumes the same W&B run.

    Args:
        tables: results and costs.
        page: file of the report's page.
        pictures: image files, in the order of `photographs`.
        project: W&B project.
    Returns:
        the folder of the run; without a login it stays there for ``wandb sync``.
    """
    import wandb

    with wandb.init(
        project=project,
        name=f"report {report.title}",
        group=report.title,
        job_type="report",
        id=kept_id(page.parent / "wandb_report_id"),
        resume="allow",
        dir=str(page.parent),
        mode=wandb_mode(),  # type: ignore[arg-type]
    ) as run:
        run.log({
            **{key: of_wandb(tables[0], of) for key, of in (("results", number), ("deviations", deviation))},
            **({"costs": of_wandb(tables[1], number)} if tables[1].keys else {}),
            "crops": [
                wandb.Image(str(path), caption=f"{each.name}: {', '.join(name for name, _ in each.versions)}")
                for path, each in zip(pictures, photographs, strict=True)
            ],
            "page": wandb.Html(page.read_text("utf-8"), inject=False),
        })  # fmt: skip
        return Path(run.dir).parent


def of_wandb(table: Table, of: Callable[[Cell], float | str | None]) -> Any:
    """Convert a table to a W&B table with one number per cell."""
    import wandb

    return wandb.Table(["column", *table.keys], data=[[name, *map(of, cells)] for name, cells in table.rows.items()])


def number(cell: Cell) -> float | str | None:
    """Return the mean of a cell."""
    return cell.mean if isinstance(cell, Spread) else cell


def deviation(cell: Cell) -> float | None:
    """Return the deviation of a cell."""
    return cell.deviation if isinstance(cell, Spread) else None
