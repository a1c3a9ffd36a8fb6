"""A real training: SRResNet, then SRGAN from it, a few minutes each, resumed after interruptions."""

import csv
import json
import statistics
import time
from functools import partial
from pathlib import Path

from tests.benchmarks import step
from tests.gpu import commands, utilization
from tests.gpu.commands import quoted
from tests.gpu.outcome import evaluation
from tests.gpu.settings import Settings
from tests.gpu.stage import Part, Row
from tests.support import photographs

NETWORK = ("norm=none", "skip=bicubic")
RECIPES = {
    "srresnet": (*NETWORK, "pixel=l1", "scheduler=one_cycle", "optimizer.lr=4e-4"),
    "srgan": (*NETWORK, "scheduler=cosine"),
}
TINY = ("generator.width=8", "generator.depth=1", "data.crop=32", "data.batch_size=2")
PROBE, LEAST = 200, 20  # timed iterations, and minimum iterations of a training
SHARE = 0.85  # of the minutes for iterations; the rest is for start-up and validation


def words(model: str, settings: Settings) -> list[str]:
    """Return the overrides of a training: model, size and data."""
    found = [f"model={model}", *RECIPES[model], f"data.cache={quoted(settings.cache)}"]
    if model == "srgan" and settings.features is None:
        found.append("features=embedded")
    elif model == "srgan":
        found += ["features=vgg16", f"features.weights={quoted(settings.features)}"]
    data = settings.data
    if settings.small:
        found += [*TINY, *(["discriminator.width=8"] if model == "srgan" else [])]
        data = settings.output / "photographs"
        photographs.folder(data)
        found += [f"data.validation={quoted(data)}", "metrics=fidelity", "monitor=val/psnr_y"]
    if data is not None:
        found += ["data=folder", f"data.root={quoted(data)}"]
    return found


def probe(model: str, settings: Settings) -> list[Row]:
    """Time a few iterations and plan as many as fit into the minutes."""
    iterations = 3 if settings.small else PROBE
    timed = step.measure([*words(model, settings), f"iterations={iterations}"], every=1 if settings.small else 10)
    rate = 1 / statistics.median(timed["seconds"])
    planned = 4 if settings.small else max(LEAST, int(SHARE * 60 * settings.minutes * rate))
    return [{"training": model, "iterations/s": rate, "iterations": planned}]


def train(model: str, settings: Settings) -> list[Row]:
    """Run the training command with ``resume=auto`` for the planned iterations."""
    iterations = planned(model, settings)
    folder = folder_of(model, settings)
    every = max(1, iterations // 4)
    own = [f"iterations={iterations}", f"validate_every={every}", f"log_every={max(1, min(50, every))}"]
    own += [f"hydra.run.dir={quoted(folder)}", "resume=auto", "callbacks.checkpoints.minutes=1"]
    if model == "srgan":
        own.append(f"init={quoted(best('srresnet', settings))}")
    start = time.perf_counter()
    with utilization.Utilization() as watch:
        commands.run("train", *words(model, settings), *own)
    busy = watch.between((start, time.perf_counter()))
    return [summary(model, folder) | ({} if busy is None else {"utilization, %": busy})]


def planned(model: str, settings: Settings) -> int:
    """Return the iterations planned by the probe of this or an earlier call.

    Raises:
        RuntimeError: the probe failed.
    """
    parts = json.loads((settings.output / "training.json").read_text())["parts"]
    for row in parts[f"{model}, probe"]["rows"]:
        if "iterations" in row:
            return int(row["iterations"])
    raise RuntimeError(f"the iterations of {model} are not known, as its probe failed")


def folder_of(model: str, settings: Settings) -> Path:
    """Return the run's folder."""
    return (settings.output / model / "run").absolute()


def best(model: str, settings: Settings) -> Path:
    """Return the best checkpoint of a run.

    Raises:
        RuntimeError: there is none.
    """
    path = folder_of(model, settings) / "checkpoints" / "best.ckpt"
    if not path.is_file():
        raise RuntimeError(f"{path} is not there, as the training of {model} failed")
    return path


def summary(model: str, folder: Path) -> Row:
    """Return the results of a finished run; non-finite iterations are a failure."""
    result = json.loads((folder / "result.json").read_text())
    costs, skipped = result["costs"], int(logged(folder, "train/nonfinite_steps")[-1])
    return {
        "training": model,
        "iterations": result["iterations"],
        "iterations/s": costs["iterations_per_second"],
        "minutes": result["iterations"] / costs["iterations_per_second"] / 60,
        "peak memory, GB": costs["peak_memory_bytes"] / 1e9,
        "waiting for data": statistics.median(logged(folder, "speed/data_wait")),
        "not finite": skipped,
        "passed": skipped == 0,
    }


def logged(folder: Path, column: str) -> list[float]:
    """Return all values of a column of the run's log."""
    rows = [row for path in sorted(folder.glob("csv/*/metrics.csv")) for row in csv.DictReader(path.open())]
    return [float(row[column]) for row in rows if row.get(column)]


def evaluate(settings: Settings) -> list[Row]:
    """Evaluate bicubic and both networks on the benchmarks."""
    return evaluation({model: best(model, settings) for model in RECIPES}, settings)


PARTS: list[Part] = [
    *(
        part
        for model in RECIPES
        for part in ((f"{model}, probe", partial(probe, model)), (model, partial(train, model)))
    ),
    ("evaluation", evaluate),
]
