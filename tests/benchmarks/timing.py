"""Seconds of work on a device, whose queue is waited for."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch


def default_device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def timed(work: Callable[[], Any], device: torch.device) -> tuple[float, Any]:
    """Seconds until the device has done the work, and its result."""
    synchronize(device)
    start = time.perf_counter()
    result = work()
    synchronize(device)
    return time.perf_counter() - start, result


def synchronize(device: torch.device) -> None:
    """Wait for everything that was queued on a GPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def in_turn(ways: Mapping[str, Callable[[], Any]], rounds: int, device: torch.device) -> dict[str, float]:
    """Median seconds of each way; they take turns, so that a busy moment of the machine does not hit one alone.

    Args:
        ways: name -> work.
        rounds: that are timed, after one to warm up.
    """
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            found[name].append(timed(way, device)[0])
    return {name: statistics.median(values[1:]) for name, values in found.items()}
