"""Write a trade-off as tables, images and a page."""

from pathlib import Path

from sr_lightning import image
from sr_lightning.evaluation.tables import markdown, write_csv
from sr_lightning.evaluation.tradeoff import METRICS, NETWORKS, Tradeoff
from sr_lightning.metrics import STANDARD
from sr_lightning.reporting.tradeoff_figures import WAYS, lines, spread, strip
from sr_lightning.system.atomic import write_text
from sr_lightning.visuals.comparison import with_text
from sr_lightning.visuals.html import Axis, Column, crops_figure, page, plane, section, table, write_page

PSNR, LPIPS = (Axis(STANDARD[key].heading, STANDARD[key].better) for key in ("psnr_y", "lpips"))
COLUMNS = [Column(info.title, info.better, info.digits) for info in (STANDARD[key] for key in METRICS)]


def write_tradeoff(folder: Path, tradeoff: Tradeoff, title: str) -> list[Path]:
    """Write ``images.csv``, ``alphas.csv``, ``alphas.md``, ``crops.png`` and, with the planes, ``index.html``.

    Args:
        folder: of the files.
        tradeoff: from `measure_tradeoff`.
        title: names of the networks at both ends.

    Returns:
        the files.

    Raises:
        InputError: a file cannot be written.
    """
    summary = tradeoff.summary()
    benchmarks = list(dict.fromkeys(row["benchmark"] for row in summary))
    files = [folder / name for name in ("images.csv", "alphas.csv", "alphas.md", "crops.png")]
    write_csv(files[0], tradeoff.rows)
    write_csv(files[1], summary)
    settings = "".join(f"- {key}: {value}\n" for key, value in tradeoff.settings.items())
    write_text(files[2], f"{markdown(summary)}\n{title}\n\n{settings}")
    of_first = [row for row in summary if row["benchmark"] == benchmarks[0]]
    shown = most_different(tradeoff)
    drawing = strip(tradeoff.outputs[shown], tradeoff.references[shown], of_first)
    note = f"{title}. Crop of {shown}; PSNR-Y and LPIPS are means over {benchmarks[0]}."
    image.write(files[3], with_text(drawing, note))
    parts = []
    for benchmark in benchmarks:
        rows = [row for row in summary if row["benchmark"] == benchmark]
        series = lines(rows)
        cells = {f"{WAYS[row['interpolated']]}, α = {row['alpha']:f}": [row[k] for k in METRICS] for row in rows}
        count = f"mean over {rows[0]['images']} images"
        parts.append(section(benchmark, [plane(benchmark, series, PSNR, LPIPS), table("", COLUMNS, cells, count)]))
    parts.append(section("Crops", [crops(tradeoff, name) for name in tradeoff.outputs]))
    files.append(folder / "index.html")
    write_page(files[-1], page("Perception–distortion trade-off", parts, title))
    return files


def most_different(tradeoff: Tradeoff) -> str:
    """Return the name of the image in which the ends differ most."""

    def difference(name: str) -> float:
        networks = {alpha: output for (way, alpha), output in tradeoff.outputs[name].items() if way == NETWORKS}
        return float((networks[0].float() - networks[1].float()).abs().mean())  # type: ignore[index]

    return max(tradeoff.outputs, key=difference)


def crops(tradeoff: Tradeoff, name: str) -> str:
    """Return the figure with two crops of an image at some alphas and in HR."""
    outputs = {alpha: output for (way, alpha), output in tradeoff.outputs[name].items() if way == NETWORKS}
    versions = [(f"α = {alpha:f}", outputs[alpha]) for alpha in spread(list(outputs))]
    return crops_figure(name, [*versions, ("HR", tradeoff.references[name])])
