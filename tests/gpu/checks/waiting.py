"""Work that is queued on a GPU without waiting for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from tests.gpu.stage import Row, holds
from tests.support.reads import Reads


@contextmanager
def never_waiting(device: torch.device) -> Iterator[None]:
    """Raise where the program would wait for the device, or would if the device were a GPU.

    Raises:
        RuntimeError: it has to see a value that is computed there.
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
    """A check that some work does not wait for the device."""
    try:
        with never_waiting(device):
            work()
    except RuntimeError as error:
        return holds(check, False, reason=" ".join(str(error).split()))
    return holds(check, True)
