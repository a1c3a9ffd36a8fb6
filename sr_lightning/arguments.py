"""What the command lines with plain arguments share."""

import argparse


def positive(text: str) -> int:
    """A whole number above zero."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above zero, not {text!r}")
    return int(text)


def factor(text: str) -> float:
    """A number above zero."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above zero, not {text!r}")
    return value


def printable(text: str) -> str:
    """A file name need not be valid UTF-8."""
    return text.encode(errors="backslashreplace").decode()
