"""Evaluation of the networks from the training stage."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from sr_lightning.data.demo import VALIDATION, demo_images
from tests.gpu import commands
from tests.gpu.commands import quoted
from tests.gpu.settings import Settings
from tests.gpu.stage import Row, at_least

PERCEPTUAL = ("lpips", "niqe")  # the first measured one is compared; lower is better


def evaluation(checkpoints: Mapping[str, Path], settings: Settings) -> list[Row]:
    """Return every metric of bicubic and of each network, and checks of the gains by training.

    Args:
        checkpoints: of ``srresnet`` and ``srgan``, in folders of these names.
    """
    folder = (settings.output / "evaluation").absolute()
    sources = ",".join(["bicubic", *(quoted(path.absolute()) for path in checkpoints.values())])
    words = [f"checkpoint=[{sources}]", *benchmarks(settings), f"hydra.run.dir={quoted(folder)}"]
    commands.run("evaluate", *words, f"metrics={'fidelity' if settings.small else 'full'}")
    table = json.loads((folder / "summary.json").read_text())["summary"]
    return table if settings.small else [*table, *gains(table)]


def benchmarks(settings: Settings) -> list[str]:
    """Return the evaluation images: Set5 and Set14 if available, else the held-out demo photographs."""
    if settings.benchmark_names:
        assert settings.benchmarks is not None
        root = quoted(settings.benchmarks.absolute())
        return [f"benchmarks=[{','.join(settings.benchmark_names)}]", f"benchmark_root={root}"]
    folder = settings.output / "held_out"
    folder.mkdir(exist_ok=True)
    for photograph in demo_images(VALIDATION):
        shutil.copy(photograph, folder)
    return [f"benchmarks=[{quoted(folder.absolute())}]"]


def gains(table: list[Row]) -> list[Row]:
    """Check that SRResNet is closer to the original than bicubic, and SRGAN perceptually better than SRResNet."""
    checks = []
    for benchmark in dict.fromkeys(row["benchmark"] for row in table):
        bicubic, srresnet, srgan = (row for row in table if row["benchmark"] == benchmark)
        metric = next(name for name in PERCEPTUAL if name in bicubic)
        gain = srresnet["psnr_y"] - bicubic["psnr_y"]
        checks.append(at_least(f"{benchmark}: gain of SRResNet over bicubic, PSNR-Y in dB", gain, 0))
        gain = srresnet[metric] - srgan[metric]
        checks.append(at_least(f"{benchmark}: gain of SRGAN over SRResNet, {metric}", gain, 0))
    return checks
