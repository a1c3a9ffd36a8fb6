"""Training steps and upscaling at the papers' sizes, as in published code and by this library's default."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from sr_lightning.generators import RRDB, TrunkGenerator
from sr_lightning.modules import Restorer
from tests.benchmarks import library, published, step, upscale
from tests.benchmarks.degradation import drawn_by_batch, drawn_by_sample, second_order
from tests.benchmarks.networks import parts, random_features
from tests.benchmarks.published import Batches, Step
from tests.benchmarks.timing import default_device
from tests.gpu import utilization
from tests.gpu.blocks import Measured, compare
from tests.gpu.commands import quoted
from tests.gpu.device import default_dtype, release
from tests.gpu.settings import Settings
from tests.gpu.stage import Part, Row

PUBLISHED, DEFAULT = "published way", "default"
RANDOM = "VGG19 has random weights here: a step takes the same time whatever they are."
COUNTED = "TFLOP/s: convolutions and matrix products that the way itself does, also those that another way saves."
TINY = ("generator.width=4", "generator.depth=1", "discriminator.width=4")


@dataclass(frozen=True)
class Model:
    """A model at the size of its paper.

    Args:
        name: of the configuration.
        batch: crops in a step.
        crop: side in HR pixels.
        published: builds the step of published code.
        iterations: of the timed training run, timed ten at a time.
        overrides: of the configuration.
    """

    name: str
    batch: int
    crop: int
    published: Callable[[Any, Batches], Step]
    iterations: int
    overrides: tuple[str, ...] = ()


SRRESNET = Model("srresnet", 16, 96, published.pixel, 600)
ESRGAN = Model("esrgan", 16, 128, published.relativistic, 60)
REAL_ESRGAN = Model("real_esrgan", 12, 256, published.vanilla, 40)


def sized(model: Model, settings: Settings) -> Model:
    """Return the model, or a tiny version of it."""
    return replace(model, batch=2, crop=32, iterations=3, overrides=TINY) if settings.small else model


def steps(model: Model, settings: Settings) -> list[Row]:
    """Time the published step, the default step, and complete iterations of a training run."""
    model = sized(model, settings)
    module, theirs, ours = prepared(model)
    ways = {
        PUBLISHED: model.published(copy.deepcopy(module), theirs),
        DEFAULT: library.step(copy.deepcopy(module), ours, default_dtype(default_device())),
    }
    found = compare(ways, settings)
    del module, theirs, ours, ways
    release()
    return rows(found | {"default, as a training run": training_run(model, settings)}, model)


def compiled(model: Model, settings: Settings) -> list[Row]:
    """Time the default step with and without torch.compile; the small mode compiles no discriminator, which is slow."""
    if settings.small and model.name != SRRESNET.name:
        return []
    torch.compiler.reset()  # graphs compiled for other sizes would make this one dynamic
    model = sized(model, settings)
    module, _, batches = prepared(model)
    backend = "aot_eager" if settings.small else "inductor"
    step_of = partial(library.step, batches=batches, dtype=default_dtype(default_device()))
    ways = {DEFAULT: step_of(copy.deepcopy(module)), "compile=true": step_of(copy.deepcopy(module), backend=backend)}
    return rows(compare(ways, settings, count=False), model)


def prepared(model: Model) -> tuple[Restorer, Batches, Batches]:
    """Return the module on the device, and batches as in published code and in this library."""
    device = default_device()
    module = parts(model.name, [f"data.crop={model.crop}", *model.overrides]).to(device)
    hr = torch.rand(model.batch, 3, model.crop, model.crop, device=device)
    if model.name != REAL_ESRGAN.name:
        batches = published.fixed(torch.rand(model.batch, 3, model.crop // 4, model.crop // 4, device=device), hr)
        return module, batches, batches
    degradation = second_order()
    theirs = drawn_by_batch(degradation, hr, lambda image: module.objective.targets(image, ["pixel"])["pixel"])
    return module, theirs, drawn_by_sample(degradation, hr)


def training_run(model: Model, settings: Settings) -> Measured:
    """Iterate as the training command does: data, losses, logs, EMA and the check for finite gradients."""
    sizes = [f"data.batch_size={model.batch}", f"data.crop={model.crop}", f"iterations={model.iterations}"]
    words = [f"model={model.name}", *sizes, f"data.cache={quoted(settings.cache)}", "metrics=fidelity"]
    words += [*model.overrides, *random_features()]
    with utilization.Utilization() as watch:
        found = step.measure(words, every=1 if settings.small else 10, callbacks=("ema", "finite", "speed"))
    memory, busy = int(1e9 * found["memory"]), watch.between(found["span"])
    return Measured(seconds=found["seconds"], memory=memory, utilization=busy)


def inference(settings: Settings) -> list[Row]:
    """Time one tile through RRDBNet x4, including transfers to and from the CPU."""
    tiny = TrunkGenerator(RRDB, upscale.Nearest, width=8, depth=1).eval().requires_grad_(False)
    rounds, side, generator = (1, 40, tiny) if settings.small else (20, 192, None)
    found = upscale.measure(rounds, side, generator, compiled=False, others=False)
    first = found[upscale.PUBLISHED][0]
    return [
        {
            "upscaling": f"RRDBNet x4, a tile of {side}²",
            "way": way,
            "milliseconds": 1000 * seconds,
            "speed": first / seconds,
            "PSNR to the first, dB": min(psnr, 200.0),
        }
        for way, (seconds, psnr) in found.items()
    ]


def rows(found: dict[str, Measured], model: Model) -> list[Row]:
    """Return the rows of the table, each with its speed relative to the first."""
    first = next(iter(found.values())).step
    table = [row(way, measured, first, model) for way, measured in found.items()]
    notes = [COUNTED] if any("TFLOP/s" in entry for entry in table) else []
    notes += [RANDOM] if model.name != SRRESNET.name else []
    notes += [] if any("utilization, %" in entry for entry in table) else [utilization.UNAVAILABLE]
    return [*table, *({"note": note} for note in notes)]


def row(way: str, measured: Measured, first: float, model: Model) -> Row:
    """Return the row of a variant, without values that were not measured."""
    seconds = measured.step
    found: Row = {
        "model": model.name,
        "batch": f"{model.batch} of {model.crop}²",
        "way": way,
        "iterations/s": 1 / seconds,
        "crops/s": model.batch / seconds,
        "speed": first / seconds,
    }
    if measured.operations is not None:
        found["TFLOP/s"] = measured.operations / seconds / 1e12
    if default_device().type == "cuda":
        found["peak memory, GB"] = measured.memory / 1e9
    if measured.utilization is not None:
        found["utilization, %"] = measured.utilization
    return found


PARTS: list[Part] = [
    *((model.name, partial(steps, model)) for model in (SRRESNET, ESRGAN, REAL_ESRGAN)),
    ("upscaling", inference),
    *((f"{model.name}, compiled", partial(compiled, model)) for model in (SRRESNET, ESRGAN)),
]
