"""Seconds of work on a device, including its queue."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch


def default_device() -> torch.device:
    """Return the GPU, or the CPU without one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def timed(work: Callable[[], Any], device: torch.device) -> tuple[float, Any]:
    """Return the seconds until the device has finished, and the result."""
    synchronize(device)
    start = time.perf_counter()
    result = work()
    synchronize(device)
    return time.perf_counter() - start, result


def synchronize(device: torch.device) -> None:
    """Wait for all work queued on a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def in_turn(ways: Mapping[str, Callable[[], Any]], rounds: int, device: torch.device) -> dict[str, float]:
    """Return the median seconds of each variant; they take turns, so that load on the machine affects all of them.

    Args:
        ways: name -> work.
        rounds: number of timed rounds, after one to warm up.
    """
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            found[name].append(timed(way, device)[0])
    return {name: statistics.median(values[1:]) for name, values in found.items()}
