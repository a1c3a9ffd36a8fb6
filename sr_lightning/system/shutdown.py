"""Signals that ask a program to end, handled for the time of a block."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

ASKING = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def shutdown(act: Callable[[list[int]], object] | None = None, names: Sequence[str] = ASKING) -> Iterator[list[int]]:
    """Collect signals instead of ending; afterwards the handlers from before are restored.

    A signal that is ignored stays ignored: SIGHUP under nohup, SIGINT in the background of a shell. Python runs signal
    handlers in the main thread only, so in another thread nothing is collected.

    Args:
        act: called after each signal with the numbers of all that were received.
        names: of the signals; one that the system does not have is left out.
    Yields:
        the numbers of the received signals, a list that grows.
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if act is not None:
            act(received)

    numbers = [signal.Signals[name] for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers if current_thread() is main_thread()}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, note)
        yield received
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is note:
                signal.signal(number, handler)
