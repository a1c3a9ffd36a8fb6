"""The trade-off as files: tables, pictures and a page."""

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


def write_tradeoff(folder: Path, found: Tradeoff, title: str) -> list[Path]:
    """Write ``images.csv``, ``alphas.csv``, ``alphas.md``, ``crops.png`` and, with the planes, ``index.html``.

    Args:
        title: of the page: which networks lie at the ends.
    Returns:
        the files, each of them whole.
    Raises:
        InputError: a file cannot be written.
    """
    summary = found.summary()
    benchmarks = list(dict.fromkeys(row["benchmark"] for row in summary))
    files = [folder / name for name in ("images.csv", "alphas.csv", "alphas.md", "crops.png")]
    write_csv(files[0], found.rows)
    write_csv(files[1], summary)
    settings = "".join(f"- {key}: {value}\n" for key, value in found.settings.items())
    write_text(files[2], f"{markdown(summary)}\n{title}\n\n{settings}")
    of_first = [row for row in summary if row["benchmark"] == benchmarks[0]]
    shown = telling(found)
    drawing = strip(found.outputs[shown], found.references[shown], of_first)
    note = f"{title}. A place of {shown}; PSNR-Y and LPIPS are means over {benchmarks[0]}."
    image.write(files[3], with_text(drawing, note))
    parts = []
    for benchmark in benchmarks:
        rows = [row for row in summary if row["benchmark"] == benchmark]
        series = lines(rows)
        cells = {f"{WAYS[row['interpolated']]}, α = {row['alpha']:f}": [row[k] for k in METRICS] for row in rows}
        count = f"mean over {rows[0]['images']} images"
        parts.append(section(benchmark, [plane(benchmark, series, PSNR, LPIPS), table("", COLUMNS, cells, count)]))
    parts.append(section("Crops", [crops(found, name) for name in found.outputs]))
    files.append(folder / "index.html")
    write_page(files[-1], page("Perception–distortion trade-off", parts, title))
    return files


def telling(found: Tradeoff) -> str:
    """The image in which the ends differ most."""

    def difference(name: str) -> float:
        networks = {alpha: output for (way, alpha), output in found.outputs[name].items() if way == NETWORKS}
        return float((networks[0].float() - networks[1].float()).abs().mean())  # type: ignore[index]

    return max(found.outputs, key=difference)


def crops(found: Tradeoff, name: str) -> str:
    """Two places of a photograph at some alphas, and in HR."""
    outputs = {alpha: output for (way, alpha), output in found.outputs[name].items() if way == NETWORKS}
    versions = [(f"α = {alpha:f}", outputs[alpha]) for alpha in spread(list(outputs))]
    return crops_figure(name, [*versions, ("HR", found.references[name])])
