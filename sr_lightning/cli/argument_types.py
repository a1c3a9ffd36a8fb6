"""Types of command-line arguments for ``argparse``: each converts a text or raises ArgumentTypeError."""

import argparse
from decimal import Decimal, InvalidOperation

LONGEST_SERIES = 101


def positive(text: str) -> int:
    """Parse an integer above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above zero, not {text!r}")
    return int(text)


def factor(text: str) -> float:
    """Parse a finite number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above zero, not {text!r}")
    return value


def decimal(text: str) -> Decimal:
    """Parse an exact number in [-10, 10] with at most six decimals."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or abs(value) > 10 or value != round(value, 6):
        raise argparse.ArgumentTypeError(f"must be a number in [-10, 10] with at most 6 decimals, not {text!r}")
    return value + 0  # no negative zero


def series(text: str) -> list[Decimal]:
    """Parse a number or ``START:STOP:STEP``, which includes STOP; values are exact."""
    parts = [decimal(part) for part in text.split(":")]
    if len(parts) == 1:
        return parts
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"must be a number or START:STOP:STEP, not {text!r}")
    start, stop, step = parts
    if step == 0 or (stop - start) % step or (stop - start) / step < 0:
        raise argparse.ArgumentTypeError(f"steps of {step} do not lead from {start} to {stop}")
    count = int((stop - start) / step) + 1
    if count > LONGEST_SERIES:
        raise argparse.ArgumentTypeError(f"has {count} values; the maximum is {LONGEST_SERIES}")
    return [start + step * number for number in range(count)]


def decimals(text: str) -> list[Decimal]:
    """Parse exact numbers separated by commas."""
    return [decimal(part) for part in text.split(",")]


def printable(text: str) -> str:
    """Escape the bytes of a file name that are not valid UTF-8."""
    return text.encode(errors="backslashreplace").decode()
