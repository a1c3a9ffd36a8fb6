"""Timing of several variants in blocks of a few seconds that take turns."""

import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.benchmarks.published import Step
from tests.benchmarks.timing import default_device, timed
from tests.gpu.settings import Settings
from tests.gpu.utilization import Utilization


@dataclass
class Measured:
    """Measurements of one variant.

    Attributes:
        steps: in a block.
        seconds: of a step, in each block.
        spans: beginning and end of each block.
        memory: peak of the GPU's memory in bytes, including the memory kept by the other variants.
        operations: floating-point operations of convolutions and matrix products in a step; None: not counted.
        utilization: mean percentage; None: unknown.
    """

    steps: int = 1
    seconds: list[float] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    memory: int = 0
    operations: int | None = None
    utilization: float | None = None

    @property
    def step(self) -> float:
        """Return the median seconds per step."""
        return statistics.median(self.seconds)


def compare(ways: Mapping[str, Step], settings: Settings, count: bool = True) -> dict[str, Measured]:
    """Measure each variant.

    The device is synchronized only at the end of a block, so that steps can be queued.

    Args:
        ways: name -> one step.
        count: count operations; not possible for compiled steps.
    """
    device, rounds = default_device(), 1 if settings.small else 3
    found = {name: Measured() for name in ways}
    for name, way in ways.items():
        warm_up(way, found[name], settings, count)
    with Utilization() as utilization:
        for _ in range(rounds):
            for name, way in ways.items():
                block(way, found[name], device)
    for measured in found.values():
        measured.utilization = utilization.between(*measured.spans)
    return found


def warm_up(way: Step, found: Measured, settings: Settings, count: bool) -> None:
    """Warm up, count operations, and choose the number of steps per block."""
    way()
    if count:
        found.operations = operations(way)
    seconds = min(timed(way, default_device())[0] for _ in range(1 if settings.small else 3))
    found.steps = 1 if settings.small else max(1, math.ceil(3 / seconds))


def block(way: Step, found: Measured, device: torch.device) -> None:
    """Time a block of steps."""

    def steps() -> None:
        for _ in range(found.steps):
            way()

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    start = time.perf_counter()
    found.seconds.append(timed(steps, device)[0] / found.steps)
    found.spans.append((start, time.perf_counter()))
    if device.type == "cuda":
        found.memory = max(found.memory, torch.cuda.max_memory_allocated(device))


def operations(way: Step) -> int:
    """Return the floating-point operations of convolutions and matrix products in one step."""
    with FlopCounterMode(display=False) as counter:
        way()
    return counter.get_total_flops()
