"""``python -m tests.benchmarks``: tables of speed and memory; every ratio comes from one run on one machine."""

import json
import os
import platform
import statistics
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from sr_lightning.data import demo_train, folder
from tests.benchmarks import adversarial, degradation, loader, upscale

EAGER = ["trainer.precision=32-true", "channels_last=false"]
STEPS = {
    "srcnn": 12,
    "srresnet": 6,
    "rrdb_psnr": 3,
}  # timed iterations after one to warm up; each model runs twice, in turns


def step(model: str, variant: list[str]) -> dict:
    """Run ``tests.benchmarks.step`` in a separate process."""
    arguments = [f"model={model}", f"iterations={STEPS[model] + 2}", *variant]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.step", *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def steps_table() -> tuple[Table, dict[str, float]]:
    """Time each model at the batch and crop size of its configuration; returns the crops per second that it needs."""
    table = Table(title="Training step at the recipe's batch and crop", title_justify="left")
    for column in ("model", "variant", "iterations/s", "crops/s", "peak memory GB", "speed against float32"):
        table.add_column(column, justify="left" if column in ("model", "variant") else "right")
    appetite = {}
    for model in STEPS:
        runs: dict[str, list[dict]] = {"float32, contiguous": [], "default": []}
        for _ in range(2):  # in turns, so that load on the machine does not affect only one of them
            runs["float32, contiguous"].append(step(model, EAGER))
            runs["default"].append(step(model, []))
        seconds = {
            name: statistics.median(s for run in found for s in run["seconds"][1:]) for name, found in runs.items()
        }
        for name, found in runs.items():
            rate, crops = 1 / seconds[name], found[0]["crops"]
            ratio = seconds["float32, contiguous"] / seconds[name]
            memory = statistics.median(run["memory"] for run in found)
            table.add_row(model, name, f"{rate:.2f}", f"{rate * crops:.0f}", f"{memory:.1f}", f"{ratio:.2f}")
        appetite[model] = crops / seconds["default"]
    return table, appetite


def loader_table(appetite: dict[str, float]) -> Table:
    """Compare the loader's speed with the demand of the fastest training step."""
    shared = Path(os.environ.get("SR_SHARED", "../shared")) / "data" / "train" / "bsds400"
    files = folder(shared) if shared.is_dir() else demo_train()
    found = loader.measure(files)
    table = Table(
        title=f"Loader, {len(files)} images, {loader.CROP}x{loader.CROP} crops, one process", title_justify="left"
    )
    for column in ("source", "crops/s", "against decoding", "against the hungriest model"):
        table.add_column(column, justify="left" if column == "source" else "right")
    for name, rate in found.items():
        relative = f"{rate / found['decoding']:.1f}", f"{rate / max(appetite.values()):.1f}"
        table.add_row(name, f"{rate:.0f}", *relative)
    return table


def adversarial_table() -> Table:
    """Time ESRGAN's step with the full networks, one switch after the other."""
    title = f"ESRGAN's step, {adversarial.BATCH} crops of side {adversarial.CROP}, VGG19"
    table = Table(title=title, title_justify="left")
    for column in ("way", "seconds", "speed against the published way"):
        table.add_column(column, justify="left" if column == "way" else "right")
    found = adversarial.measure([])
    for name, seconds in found.items():
        table.add_row(name, f"{seconds:.2f}", f"{found['published way'] / seconds:.2f}")
    for name, seconds in adversarial.averaging([]).items():
        table.add_row(name, f"{seconds:.4f}", "")
    return table


def upscale_table() -> Table:
    """Time inference with the published network, also by other installed engines."""
    table = Table(title=f"RRDBNet x4, one tile of {upscale.SIDE}x{upscale.SIDE}", title_justify="left")
    for column in ("way", "seconds", "speed against the published way", "PSNR to it, dB"):
        table.add_column(column, justify="left" if column == "way" else "right")
    with get_context("spawn").Pool(1) as process:  # a fresh process, as a used one already has allocated memory
        found = process.apply(upscale.measure)
    for name, (seconds, psnr) in found.items():
        table.add_row(name, f"{seconds:.2f}", f"{found[upscale.PUBLISHED][0] / seconds:.2f}", f"{psnr:.1f}")
    return table


def degradation_table() -> Table:
    """Time the second-order degradation beside a training step on the same crops."""
    title = f"second_order, {degradation.BATCH} crops of side {degradation.CROP}"
    table = Table(title=title, title_justify="left")
    for column in ("what", "seconds a batch", "crops/s", "share of the step"):
        table.add_column(column, justify="left" if column == "what" else "right")
    ways, stages = degradation.measure()
    for name, seconds in [*ways.items(), *((f"  {name}", seconds) for name, seconds in stages.items())]:
        share = seconds / ways["step of srresnet"]
        table.add_row(name, f"{seconds:.3f}", f"{degradation.BATCH / seconds:.0f}", f"{share:.2f}")
    return table


def main() -> None:
    console = Console(width=110)
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} CPU cores"
    console.print(f"{device}, {platform.machine()}, torch {torch.__version__}")
    table, appetite = steps_table()
    console.print(table)
    console.print(loader_table(appetite))
    console.print(adversarial_table())
    console.print(upscale_table())
    console.print(degradation_table())


if __name__ == "__main__":
    main()
