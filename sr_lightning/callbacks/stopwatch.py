"""Measure time intervals."""

from collections.abc import Callable


class Stopwatch:
    """Measures the time between calls of ``lap``.

    Args:
        clock: returns seconds, e.g. ``time.monotonic``.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.mark = clock()

    def lap(self) -> float:
        """Return the seconds since the last call, or since construction."""
        last, self.mark = self.mark, self.clock()
        return self.mark - last
