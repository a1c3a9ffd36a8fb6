"""GPU utilization while a block runs."""

import statistics
import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

import torch

from tests.gpu import nvidia_smi

INTERVAL = 0.25  # seconds between two samples
SETTLING = 1.0  # seconds over which the driver may average; earlier samples include the time before the period
UNAVAILABLE = "Utilization is left out: neither pynvml nor nvidia-smi tells it here."


class Utilization:
    """Context manager that samples the GPU's utilization in a thread.

    Utilization is the percentage of time in which at least one kernel ran, as the driver counts it. Without a GPU or
    a source of the value there are no samples.

    Args:
        read: returns the current value, or None.
    """

    def __init__(self, read: Callable[[], float | None] | None = None) -> None:
        self.read = read or available()
        self.samples: list[tuple[float, float]] = []
        self.ended = Event()
        self.thread = Thread(target=self.sample, daemon=True)

    def __enter__(self) -> "Utilization":
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        self.thread.join()

    def sample(self) -> None:
        """Sample until the context is left."""
        while not self.ended.wait(INTERVAL):
            value = self.read()
            if value is None:
                return
            self.samples.append((time.perf_counter(), value))

    def between(self, *spans: tuple[float, float]) -> float | None:
        """Return the mean over periods, given as begin and end by ``time.perf_counter``; None without samples."""
        values = [
            value for moment, value in self.samples if any(start + SETTLING <= moment <= end for start, end in spans)
        ]
        return statistics.fmean(values) if values else None


def available() -> Callable[[], float | None]:
    """Return the fastest available function that reads the utilization."""
    if not torch.cuda.is_available():
        return lambda: None
    try:
        torch.cuda.utilization()
    except Exception:  # pynvml is not installed, or the driver's library refuses it
        return from_command
    return torch.cuda.utilization


def from_command() -> float | None:
    """Read the utilization by nvidia-smi, which takes about 50 milliseconds."""
    answer = nvidia_smi.query("utilization.gpu")
    return float(answer) if answer is not None and answer.isdigit() else None
