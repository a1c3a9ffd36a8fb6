"""Errors in the user's input end a command with one line and an exit status."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import HydraException, InstantiationException
from omegaconf.errors import OmegaConfBaseException

from sr_lightning.errors import InputError

INVALID_ARGUMENT = (ValueError, TypeError, ImportError, AttributeError)
"""Raised by a class that is instantiated with a wrong value."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Exit with one line and status 1 when the user's input is invalid.

    Wraps a Hydra application. An invalid value that a constructor rejects is reported with its configuration key; all
    other errors keep their stack trace.

    Raises:
        SystemExit: with the message.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra re-raises errors instead of printing them
    try:
        yield
    except InstantiationException as error:
        cause = root_cause(error)
        if not isinstance(cause, (*INVALID_ARGUMENT, *misconfiguration())):
            raise
        key = next((line.split(": ", 1)[1] for line in str(error).splitlines() if line.startswith("full_key: ")), "")
        prefix = "" if isinstance(cause, InputError) else f"{key}: "
        raise SystemExit(f"error: {prefix}{one_line(str(cause))}") from error
    except invalid_input() as error:
        raise SystemExit(f"error: {one_line(str(error))}") from error


def invalid_input() -> tuple[type[BaseException], ...]:
    """Return the errors that invalid input raises."""
    return (InputError, OmegaConfBaseException, HydraException, *misconfiguration())


def misconfiguration() -> tuple[type[BaseException], ...]:
    """Return Lightning's error for invalid settings; empty while Lightning, which is slow to import, is not loaded."""
    module = sys.modules.get("lightning.fabric.utilities.exceptions")
    return () if module is None else (module.MisconfigurationException,)


def root_cause(error: BaseException) -> BaseException:
    """Return the first error of a chain, or the last InputError in it."""
    while error.__cause__ is not None and not isinstance(error, InputError):
        error = error.__cause__
    return error


def one_line(message: str) -> str:
    """Shorten a message to one line.

    Of an error in a worker process only the last line of its traceback remains; Hydra's details are removed.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if "Original Traceback" in message:
        return lines[-1].split(": ", 1)[-1]
    details = ("Config search path", "full_key:", "object_type=", "reference_type=", "Set the environment")
    remaining = []
    for line in lines:
        if line.startswith(details):
            break
        remaining.append(line)
    return " ".join(remaining)
