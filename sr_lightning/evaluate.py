"""``python -m sr_lightning.evaluate checkpoint=bicubic benchmarks=[Set5,Set14,B100] benchmark_root=DIR``"""

import csv
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from lightning import Trainer
from omegaconf import DictConfig, ListConfig
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torchmetrics import Metric

from sr_lightning import __version__, image
from sr_lightning.command_line import CONF, load_generator, one_line_errors, plain, quiet
from sr_lightning.data import Batch, Benchmarks, find_benchmarks
from sr_lightning.modules import Evaluator, scores

log = logging.getLogger(__name__)
Row = dict[str, Any]  # network, benchmark, image, and a value for each metric
OnImage = Callable[[str, int, Tensor, Batch], None]

PROTOCOL = (
    "HR cut at the bottom and right to multiples of the scale; LR by MATLAB's bicubic, rounded to 8 bit; "
    "SR clamped and rounded to 8 bit; psnr_y, ssim_y and niqe on BT.601 studio-range Y, rounded to 8 bit, "
    "without a border of `scale` pixels; per image, then the mean"
)


def evaluate(
    trainer: Trainer,
    generator: nn.Module,
    metrics: Mapping[str, Metric],
    benchmarks: Benchmarks,
    network: str,
    ensemble: bool = False,
    on_image: OnImage | None = None,
) -> list[Row]:
    """Scores of every image of every benchmark; the same on every device."""
    evaluator = Evaluator(generator, metrics, list(benchmarks.files), ensemble, on_image)
    trainer.test(evaluator, datamodule=benchmarks, verbose=False)
    return [
        {"network": network, "benchmark": name, "image": benchmarks.files[name].hr[number].name, **values}
        for name, rows in evaluator.results.items()
        for number, values in rows.items()
    ]


def means(rows: Sequence[Row]) -> list[Row]:
    """One row for each network and benchmark: the number of images and the mean of each metric."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["network"], row["benchmark"]), []).append(row)
    summary = []
    for (network, benchmark), members in groups.items():
        values = {i: {k: v for k, v in row.items() if isinstance(v, float)} for i, row in enumerate(members)}
        summary.append({"network": network, "benchmark": benchmark, "images": len(members), **scores.mean(values)})
    return summary


def cells(row: Row) -> list[str]:
    """A row as text: decibels with two decimals, everything else that is measured with four."""
    digits = {"psnr_y": 2, "niqe": 3}
    return [f"{v:.{digits.get(k, 4)}f}" if isinstance(v, float) else str(v) for k, v in row.items()]


def show(summary: Sequence[Row], title: str, console: Console | None = None) -> None:
    """Print a summary as a table."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in summary[0]:
        table.add_column(name, justify="left" if name in ("network", "benchmark") else "right")
    for row in summary:
        table.add_row(*cells(row))
    (console or Console()).print(table)


def markdown(summary: Sequence[Row]) -> str:
    """A summary as a Markdown table."""
    lines = [list(summary[0]), ["---"] * len(summary[0]), *(cells(row) for row in summary)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_results(folder: Path, rows: Sequence[Row], protocol: Mapping[str, Any]) -> None:
    """``images.csv`` with a row for each image, ``summary.md`` and ``summary.json`` with the protocol."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "images.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    summary = means(rows)
    described = "\n".join(f"- {key}: {value}" for key, value in protocol.items())
    (folder / "summary.md").write_text(f"{markdown(summary)}\n{described}\n")
    (folder / "summary.json").write_text(json.dumps({"summary": summary, "protocol": dict(protocol)}, indent=2) + "\n")


def run(config: DictConfig) -> list[Row]:
    """Evaluate what the configuration names; returns the rows."""
    quiet()
    folder = Path(HydraConfig.get().runtime.output_dir)
    sources = config.checkpoint if isinstance(config.checkpoint, ListConfig) else [config.checkpoint]
    files = find_benchmarks(config.benchmarks, config.benchmark_root)
    generators = {str(source): load_generator(str(source), config.scale, config.kind) for source in sources}
    trainer = instantiate(config.trainer)
    rows: list[Row] = []
    for source, generator in generators.items():
        scale = config.scale = int(generator.scale)  # type: ignore[arg-type]
        benchmarks = Benchmarks(files, instantiate(config.degradation), scale)
        metrics = instantiate(config.metrics)
        network = display_name(source)
        save = saver(folder / "images" / network, benchmarks) if config.save_images else None
        rows += evaluate(trainer, generator, metrics, benchmarks, network, config.self_ensemble, save)
    if trainer.is_global_zero:
        protocol = {
            "protocol": PROTOCOL,
            "scale": scale,
            "border": scale,
            "self_ensemble": config.self_ensemble,
            "checkpoints": list(generators),
            "metrics": plain(config.metrics),
            "sr_lightning": __version__,
        }
        write_results(folder, rows, protocol)
        show(means(rows), f"x{scale}, mean over images")
        log.info("Tables and the values of each image: %s", os.path.relpath(folder))
    return rows


def display_name(source: str) -> str:
    """A short name for a checkpoint: the run it belongs to, for one in a run's folder."""
    path = Path(source)
    inside = path.parent.name == "checkpoints"
    return f"{path.parent.parent.parent.name}/{path.stem}" if inside else path.stem


def saver(folder: Path, benchmarks: Benchmarks) -> OnImage:
    """Writes the sr of each image below ``folder``."""

    def save(benchmark: str, number: int, sr: Tensor, batch: Batch) -> None:
        image.write(folder / benchmark / f"{benchmarks.files[benchmark].hr[number].stem}.png", sr[0])

    return save


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="evaluate")
def main(config: DictConfig) -> None:
    with one_line_errors():
        run(config)


if __name__ == "__main__":
    main()
