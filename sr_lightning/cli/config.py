"""Location of the configuration files, and checks of configured values."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from sr_lightning.errors import InputError

PACKAGE = Path(__file__).parents[1]
CONF = next(folder for folder in (PACKAGE / "conf", PACKAGE.parent / "conf") if folder.is_dir())
"""``conf/`` inside an installed package, or beside the package in a checkout."""

Check = tuple[Callable[[Any], bool], str]
"""A predicate, and a description of the values that satisfy it."""


def plain(config: Any) -> Any:
    """Resolve a configuration into plain containers, which checkpoints can store."""
    return OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config


def integer(minimum: int) -> Check:
    """Return a check for integers of at least ``minimum``."""

    def test(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= minimum

    return test, f"a whole number of at least {minimum}"


def positive_number() -> Check:
    """Return a check for numbers above zero."""

    def test(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and value > 0

    return test, "a number above 0"


def nonnegative_number() -> Check:
    """Return a check for numbers of at least zero."""
    is_positive, _ = positive_number()
    return lambda value: is_positive(value) or (value == 0 and not isinstance(value, bool)), "a number of at least 0"


def one_of(*values: Any) -> Check:
    """Return a check for a fixed set of values; ``1`` and ``True`` are different values."""
    shown = ", ".join("null" if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in values)
    return lambda value: any(value is v or (value == v and type(value) is type(v)) for v in values), f"one of {shown}"


def check_values(config: Any, expected: Mapping[str, Check]) -> None:
    """Check the values of dotted keys; keys that the configuration lacks are skipped.

    Raises:
        InputError: a value fails its check; names the key, the value and what is expected.
    """
    for key, (test, description) in expected.items():
        value = OmegaConf.select(config, key, default=config)  # the default marks a missing key
        if value is not config and not test(value):
            raise InputError(f"{key}={'null' if value is None else value}: must be {description}")
