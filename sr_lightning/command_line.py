"""What the command lines share: where conf/ is, how errors are told, how parts are made of configuration."""

import argparse
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from hydra.errors import HydraException, InstantiationException
from lightning.fabric.utilities.exceptions import MisconfigurationException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sr_lightning.errors import InputError

PACKAGE = Path(__file__).parent
CONF = next(folder for folder in (PACKAGE / "conf", PACKAGE.parent / "conf") if folder.is_dir())
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


def plain(config: Any) -> Any:
    """Configuration as plain, resolved containers and values, which checkpoints can hold."""
    return OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config


def whole(least: int) -> tuple[Callable[[Any], bool], str]:
    """Test and description of a whole number of at least ``least``."""

    def test(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return test, f"a whole number of at least {least}"


def positive() -> tuple[Callable[[Any], bool], str]:
    """Test and description of a number above zero."""

    def test(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and value > 0

    return test, "a number above 0"


def at_least_zero() -> tuple[Callable[[Any], bool], str]:
    """Test and description of a number that is not negative."""
    above, _ = positive()
    return lambda value: above(value) or (value == 0 and not isinstance(value, bool)), "a number of at least 0"


def one_of(*values: Any) -> tuple[Callable[[Any], bool], str]:
    """Test and description of one of a few values."""
    shown = ", ".join("null" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in values)
    return lambda value: any(value is v or (value == v and type(value) is type(v)) for v in values), f"one of {shown}"


def check_values(config: Any, expected: Mapping[str, tuple[Callable[[Any], bool], str]]) -> None:
    """Refuse values of the wrong kind, by dotted key; a key that the configuration lacks is not looked at.

    Raises:
        InputError: names the key, its value and what it must be.
    """
    for key, (test, description) in expected.items():
        value = OmegaConf.select(config, key, default=config)  # the configuration itself: there is no such key
        if value is not config and not test(value):
            raise InputError(f"{key}={'null' if value is None else value}: must be {description}")


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the usage, and exits with status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def quiet() -> None:
    """Silence hints that do not apply here."""
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    for hint in (
        ".*does not have many workers.*",  # a store needs none
        ".*dataloader is not resumable.*",  # samples are a function of the iteration
        ".*smaller than the logging interval.*",
        ".*lr_scheduler.step.*before.*optimizer.step.*",  # said of manual optimization, too
        ".*`isinstance.treespec, LeafSpec.` is deprecated.*",
        ".*It is recommended to use .*sync_dist.*",  # what is logged is the same on all devices
    ):
        warnings.filterwarnings("ignore", message=hint)
