"""Invalid input ends a command with one line; other errors keep their traceback."""

import pytest

from sr_lightning.cli.errors import one_line, one_line_errors
from sr_lightning.errors import InputError


def test_invalid_input_exits_with_one_line():
    with pytest.raises(SystemExit, match=r"^error: a\.png: is damaged$"), one_line_errors():
        raise InputError("a.png: is damaged")


def test_other_errors_are_not_caught():
    with pytest.raises(ZeroDivisionError), one_line_errors():
        _ = 1 / 0


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one\n  two", "one two"),
        ("Could not find 'x'\n\nConfig search path:\n  provider=hydra", "Could not find 'x'"),
        ("Caught it.\nOriginal Traceback (most recent call last):\n  File x\nValueError: a.png: bad", "a.png: bad"),
    ],
)
def test_messages_are_shortened_to_one_line(message, line):
    assert one_line(message) == line
