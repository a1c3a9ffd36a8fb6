"""The time from one moment to the next."""

from collections.abc import Callable


class Stopwatch:
    """Measures laps.

    Args:
        clock: seconds since some moment.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.mark = clock()

    def lap(self) -> float:
        """Seconds since the last lap; the next begins now."""
        last, self.mark = self.mark, self.clock()
        return self.mark - last
