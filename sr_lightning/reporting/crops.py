"""Crops of each kept validation image in bicubic, the start, every column and HR."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from sr_lightning import image
from sr_lightning.metrics.standard import caption
from sr_lightning.reporting.columns import Column
from sr_lightning.reporting.report import Report
from sr_lightning.reporting.run import Run
from sr_lightning.visuals.comparison import Version, chosen, comparison
from sr_lightning.visuals.crop_selection import Square

PLACES = 2


@dataclass(frozen=True)
class Shown:
    """One validation image in all versions.

    Attributes:
        name: of its file.
        versions: from bicubic to HR.
        squares: the crops.
        values: version -> metric values on this image.
        note: names of the metrics.
    """

    name: str
    versions: list[Version]
    squares: list[Square]
    values: dict[str, str]
    note: str

    def picture(self, panel: int = 192) -> Tensor:
        """Draw the comparison as one image. Shape: (3, H, W) in [0, 1]"""
        return comparison(self.versions, self.squares, self.values, panel)


def shown(report: Report) -> list[Shown]:
    """Return the images kept by all finished columns; a column is shown by its first finished seed."""
    columns = [column for column in report.columns if column.finished]
    if not columns:
        return []
    runs = [column.finished[0] for column in columns]
    shared = [name for name in runs[0].pictures("HR") if all(name in run.pictures(run.trained) for run in runs)]
    return [photograph(report, columns, name) for name in shared]


def photograph(report: Report, columns: Sequence[Column], name: str) -> Shown:
    """Read the versions of one image, with their values and the crops where they differ most."""
    first, number = columns[0].finished[0], int(name.split("-")[0])
    sources: list[tuple[str, Run, str]] = [("bicubic", first, "bicubic")]
    if len(report.starts) == 1:
        owner = next(run for run in report.finished if report.starts[0].name == run.protocol.get("started_from"))
        sources.append((f"start: {report.starts[0].name}", owner, report.starts[0].name))
    sources += [(column.name, column.finished[0], column.finished[0].trained) for column in columns]
    versions, values = [], {}
    note = ""
    for title, run, network in sources:
        file = run.pictures(network).get(name)
        if file is None:
            continue
        versions.append((title, image.read(file)))
        scores = list(run.values[network].values())[number]
        captions = caption(scores)
        values[title] = " / ".join(text for _, text in captions)
        note = " / ".join(info.title for info, _ in captions)
    versions.append(("HR", image.read(first.pictures("HR")[name])))
    squares = chosen(versions, count=PLACES)
    file_name = list(first.values[first.trained])[number]
    return Shown(file_name, versions, squares, values, note)


def write_pictures(folder: Path, photographs: Sequence[Shown]) -> list[Path]:
    """Write ``crops-NUMBER-NAME.png`` for each image.

    Raises:
        InputError: a file cannot be written.
    """
    files = []
    for number, each in enumerate(photographs):
        files.append(folder / f"crops-{number:02d}-{Path(each.name).stem}.png")
        image.write(files[-1], each.picture())
    return files
