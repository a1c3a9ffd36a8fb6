"""Round numbers along an axis."""

import math


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about ``count`` multiples of 1, 2 or 5 times a power of ten within [low, high].

    Raises:
        ValueError: high is not above low.
    """
    if not high > low:
        raise ValueError(f"the end of an axis must be above its start, got {low} to {high}")
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [0.0 if i == 0 else float(f"{i * step:.12g}") for i in range(first, last + 1)]


def format_tick(value: float) -> str:
    """Format a tick, with k for thousands and M for millions."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= (10 * size if letter == "k" else size):
            return f"{value / size:.6g}{letter}".replace("-", "−")
    return f"{value:.6g}".replace("-", "−")
