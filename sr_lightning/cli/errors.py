"""Errors that are the user's become one line and an exit status."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import HydraException, InstantiationException
from lightning.fabric.utilities.exceptions import MisconfigurationException
from omegaconf.errors import OmegaConfBaseException

from sr_lightning.errors import InputError

REFUSALS = (ValueError, TypeError, ImportError, AttributeError, MisconfigurationException)  # of a part being built


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the program with one line and status 1 when the user's input is at fault.

    Wraps the whole of a Hydra application. A wrong value that a part refuses when it is built is named by its key; any
    other error keeps its stack trace.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # let errors through to here instead of printing them
    try:
        yield
    except InstantiationException as error:
        cause = root_cause(error)
        if not isinstance(cause, REFUSALS):
            raise
        where = next((line.split(": ", 1)[1] for line in str(error).splitlines() if line.startswith("full_key: ")), "")
        prefix = "" if isinstance(cause, InputError) else f"{where}: "
        raise SystemExit(f"error: {prefix}{one_line(str(cause))}") from error
    except (InputError, OmegaConfBaseException, MisconfigurationException, HydraException) as error:
        raise SystemExit(f"error: {one_line(str(error))}") from error


def root_cause(error: BaseException) -> BaseException:
    """The first error of a chain, or the first that a part has put into words for the user."""
    while error.__cause__ is not None and not isinstance(error, InputError):
        error = error.__cause__
    return error


def one_line(message: str) -> str:
    """The words of a message: the last line of one out of a worker process, what Hydra says before the details."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    if "Original Traceback" in message:
        return lines[-1].split(": ", 1)[-1]
    details = ("Config search path", "full_key:", "object_type=", "reference_type=", "Set the environment")
    kept = []
    for line in lines:
        if line.startswith(details):
            break
        kept.append(line)
    return " ".join(kept)
