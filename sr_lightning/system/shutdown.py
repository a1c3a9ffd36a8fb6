"""Handling of termination signals during a block of code."""

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

TERMINATION = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def shutdown(
    on_signal: Callable[[list[int]], object] | None = None, names: Sequence[str] = TERMINATION
) -> Iterator[list[int]]:
    """Collect termination signals instead of ending the process; restore the previous handlers afterwards.

    An ignored signal stays ignored: SIGHUP under nohup, SIGINT in a background job of a shell. Outside of the main
    thread, where Python cannot install handlers, nothing is collected. A handler installed by the block stays.

    Args:
        on_signal: called after each signal with the numbers of all signals received so far.
        names: of the signals; names that the platform lacks are skipped.
    Yields:
        List of received signal numbers, which grows.
    """
    received: list[int] = []

    def collect(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if on_signal is not None:
            on_signal(received)

    numbers = [signal.Signals[name] for name in names if hasattr(signal, name)]
    previous = {number: signal.getsignal(number) for number in numbers if current_thread() is main_thread()}
    try:
        for number, handler in previous.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, collect)
        yield received
    finally:
        for number, handler in previous.items():
            if signal.getsignal(number) is collect:
                signal.signal(number, handler)
