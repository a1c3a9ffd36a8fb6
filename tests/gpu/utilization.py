"""GPU utilization while a block runs."""

import statistics
import time
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

import torch

from tests.gpu import nvidia_smi

INTERVAL = 0.25  # seconds between two samples
SETTLING = 1.0  # seconds over which the driver may average: samples that are taken earlier tell of the time before
UNAVAILABLE = "Utilization is left out: neither pynvml nor nvidia-smi tells it here."


class Utilization:
    """Samples the GPU's utilization in a thread while it is entered.

    Utilization is the percentage of time in which at least one kernel ran, as the driver counts it. Without a GPU, or
    where nothing tells it, there are no samples.

    Args:
        read: returns the present value, or None.
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
        """Read until it is enough."""
        while not self.ended.wait(INTERVAL):
            value = self.read()
            if value is None:
                return
            self.samples.append((time.perf_counter(), value))

    def between(self, *spans: tuple[float, float]) -> float | None:
        """Mean over periods, given by ``time.perf_counter`` at their beginning and end; None without a sample."""
        values = [
            value for moment, value in self.samples if any(start + SETTLING <= moment <= end for start, end in spans)
        ]
        return statistics.fmean(values) if values else None


def available() -> Callable[[], float | None]:
    """The quickest way to read the utilization that works here."""
    if not torch.cuda.is_available():
        return lambda: None
    try:
        torch.cuda.utilization()
    except Exception:  # pynvml is not installed, or the driver's library refuses it
        return from_command
    return torch.cuda.utilization


def from_command() -> float | None:
    """By nvidia-smi, which takes some 50 milliseconds."""
    answer = nvidia_smi.query("utilization.gpu")
    return float(answer) if answer is not None and answer.isdigit() else None
