"""Table of a sweep with a row per job, on the screen and as CSV and Markdown."""

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sr_lightning.evaluation.tables import Row, markdown
from sr_lightning.sweeps.job import Job
from sr_lightning.system.atomic import write_text


def rows(jobs: Sequence[Job]) -> list[Row]:
    """Return the rows of the table; if jobs monitor different metrics, these are named beside the values."""
    monitors = {job.config.monitor for job in jobs}
    several = len(monitors) > 1
    heading = "best" if several else "".join(monitors)
    return [
        {
            "job": job.folder.name,
            "overrides": " ".join(job.axes),
            "status": ": ".join(filter(None, (job.status, job.error))),
            heading: "" if job.value is None else f"{job.config.monitor} {job.value:.4f}" if several else job.value,
            "duration": str(timedelta(seconds=round(job.seconds))),
        }
        for job in jobs
    ]


def write(folder: Path, jobs: Sequence[Job]) -> None:
    """Write ``sweep.csv`` and ``sweep.md`` into the folder of the sweep."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("job", "overrides", "status", "monitor", "value", "seconds", "error"))
    for job in jobs:
        value = "" if job.value is None else job.value
        described = (job.folder.name, " ".join(job.axes), job.status, job.config.monitor)
        writer.writerow((*described, value, round(job.seconds, 1), job.error))
    write_text(folder / "sweep.csv", text.getvalue())
    escaped = [{key: value.replace("|", r"\|") if isinstance(value, str) else value for key, value in row.items()}
               for row in rows(jobs)]  # fmt: skip
    write_text(folder / "sweep.md", markdown(escaped))
