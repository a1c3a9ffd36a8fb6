"""Invalid input ends a command with one line; other errors keep their traceback."""

import errno
import os

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import OverrideParseException
from omegaconf import OmegaConf

from sr_lightning.cli.errors import UNUSABLE_FILES, message_for, one_line, one_line_errors
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


@pytest.mark.parametrize("number", sorted(UNUSABLE_FILES))
def test_a_file_that_cannot_be_used_is_reported_in_one_line(number):
    message = message_for(OSError(number, os.strerror(number), "runs/x.csv"), "train")
    assert message is not None
    assert message.startswith(f"runs/x.csv: {os.strerror(number)}; ")
    assert "\n" not in message


@pytest.mark.parametrize("number", [errno.EPIPE, errno.ECONNREFUSED, errno.EINVAL])
def test_other_errors_of_the_operating_system_keep_their_traceback(number):
    assert message_for(OSError(number, os.strerror(number)), "train") is None


@pytest.mark.parametrize("error", [InputError("a: bad"), OSError(errno.EACCES, "Permission denied", "a")])
def test_an_error_of_a_resolver_is_reported_without_the_words_of_the_library(error):
    def fail():
        raise error

    OmegaConf.register_new_resolver("fail", fail, replace=True)
    with pytest.raises(SystemExit, match=r"^error: a: (bad|Permission denied; )"), one_line_errors():
        _ = OmegaConf.create({"key": "${fail:}"}).key


@pytest.mark.parametrize("value", ["epoch=1-step=20.ckpt", "a b(1).png", "nets/x,y=2.pth", "a}.ckpt"])
def test_the_advised_quotes_make_a_value_readable(value):
    parser = OverridesParser.create()
    with pytest.raises(OverrideParseException) as caught:
        parser.parse_overrides([f"checkpoint={value}"])
    message = message_for(caught.value)
    assert message is not None
    assert "quote the value" in message
    advised = message.split("'")[1]
    assert parser.parse_override(advised).value() == value


def test_an_unclosed_list_is_reported_with_an_example():
    with pytest.raises(OverrideParseException) as caught:
        OverridesParser.create().parse_overrides(["benchmarks=[a=1,b"])
    assert "close all brackets and quotes" in (message_for(caught.value) or "")
