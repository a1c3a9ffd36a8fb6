"""One tile through ESRGAN's generator, as published scripts run it and as this library does."""

import statistics
import time
from collections.abc import Callable
from functools import partial

import torch

from sr_lightning.generators import RRDB, Nearest, Tail, TrunkGenerator
from sr_lightning.upscaling import Upscaler

SIDE = 128


def seconds(work: Callable[[], object]) -> float:
    """Of one call; the results come back to the CPU, so the device is done."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(rounds: int = 3) -> dict[str, float]:
    """Median seconds of each way, taken in turn after one call each to warm up."""
    network = TrunkGenerator(RRDB, Nearest, tail=partial(Tail, hidden=True)).eval().requires_grad_(False)
    image = torch.rand(3, SIDE, SIDE)
    default = Upscaler(network, tile=SIDE)
    exact = Upscaler(network, default.device, "float32", tile=SIDE)
    plain = network.to(default.device)
    ways = {
        "float32, contiguous": lambda: plain(image[None].to(default.device)).cpu(),
        "float32, channels-last": lambda: exact(image),
        "default": lambda: default(image),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    with torch.inference_mode():
        for _ in range(rounds + 1):
            for name, work in ways.items():
                found[name].append(seconds(work))
    return {name: statistics.median(values[1:]) for name, values in found.items()}
