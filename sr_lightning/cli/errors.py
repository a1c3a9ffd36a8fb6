"""Errors in the user's input end a command with one line and an exit status."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.errors import HydraException, InstantiationException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from sr_lightning.cli.override_errors import null_group, unknown_override, unreadable_override
from sr_lightning.errors import InputError

INVALID_ARGUMENT = (ValueError, TypeError, ImportError, AttributeError)
"""Raised by a class that is instantiated with a wrong value."""

UNUSABLE_FILES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room, or choose another folder"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "change the permissions, or choose another folder"),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP), "choose another path"),
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.EIO: "check the disk, or choose another folder",
}
"""Error numbers of file systems that the user can resolve -> advice."""


@contextmanager
def one_line_errors(primary: str | None = None) -> Iterator[None]:
    """Exit with one line and status 1 when the user's input is invalid, or a file or folder cannot be used.

    Wraps a Hydra application. An invalid value that a constructor rejects is reported with its configuration key; all
    other errors keep their stack trace.

    Args:
        primary: primary configuration of the command in ``conf/``, whose keys and folders are named in messages.
    Raises:
        SystemExit: with the message.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra re-raises errors instead of printing them
    try:
        yield
    except Exception as error:
        message = message_for(error, primary)
        if message is None:
            raise
        raise SystemExit(f"error: {message}") from error


def message_for(error: Exception, primary: str | None = None) -> str | None:
    """Return the line that reports invalid input or an unusable file; None for all other errors."""
    if isinstance(error, InstantiationException):
        return instantiation_message(error, root_cause(error))
    if isinstance(error, OmegaConfBaseException):
        error = error_of_resolver(error) or error
    if isinstance(error, OSError) and not isinstance(error, HydraException):  # a missing option is both
        return file_message(error, primary)
    if isinstance(error, OverrideParseException):
        return unreadable_override(error.override)
    if isinstance(error, ValueError) and "Config group override must be" in str(error):
        return null_group(sys.argv[1:])
    if not isinstance(error, invalid_input()):
        return None
    return (unknown_override(str(error), primary) if primary else None) or one_line(str(error))


def instantiation_message(error: InstantiationException, cause: BaseException) -> str | None:
    """Return the line for a value that a constructor rejects; None for an error inside of a constructor."""
    key = next((line.split(": ", 1)[1] for line in str(error).splitlines() if line.startswith("full_key: ")), "")
    if isinstance(cause, OSError):
        return file_message(cause)
    if not isinstance(cause, (*INVALID_ARGUMENT, *misconfiguration())):
        return None
    return one_line(str(cause)) if isinstance(cause, InputError) else f"{key}: {one_line(str(cause))}"


def file_message(error: OSError, primary: str | None = None) -> str | None:
    """Return the line for a file or folder that cannot be used; None for other errors of the operating system."""
    if error.errno not in UNUSABLE_FILES:
        return None
    advice = UNUSABLE_FILES[error.errno]
    if primary is not None and "folder" in advice:
        cache = "; for the cache, data.cache=FOLDER" if primary == "train" else ""
        advice += f" (hydra.run.dir=FOLDER{cache})"
    name = error.filename if error.filename is not None else "a file"
    return f"{os.fsdecode(name) if isinstance(name, bytes) else name}: {error.strerror}; {advice}"


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


def error_of_resolver(error: BaseException | None) -> InputError | OSError | None:
    """Return the error of a resolver that OmegaConf reports as a failed interpolation; None if there is none."""
    while error is not None and not isinstance(error, InputError | OSError):
        error = error.__cause__ or error.__context__
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
