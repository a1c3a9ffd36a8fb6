"""Detection of work that waits for the GPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from tests.gpu.stage import Row, holds
from tests.support.reads import Reads


@contextmanager
def never_waiting(device: torch.device) -> Iterator[None]:
    """Raise if the program waits for the device, or would wait if the device were a GPU.

    Raises:
        RuntimeError: an operation reads a value back from the device.
    """
    if device.type == "cuda":
        torch.cuda.set_sync_debug_mode("error")
    try:
        with Reads() as reads:
            yield
    finally:
        if device.type == "cuda":
            torch.cuda.set_sync_debug_mode("default")
    if reads.found:
        raise RuntimeError(f"waits for the device in {', '.join(sorted(set(reads.found)))}")


def without_waiting(check: str, work: Callable[[], object], device: torch.device) -> Row:
    """Return a check that some work does not wait for the device."""
    try:
        with never_waiting(device):
            work()
    except RuntimeError as error:
        return holds(check, False, reason=" ".join(str(error).split()))
    return holds(check, True)
