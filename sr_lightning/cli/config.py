"""Where conf/ is, and checks of the values in a configuration."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from sr_lightning.errors import InputError

PACKAGE = Path(__file__).parents[1]
CONF = next(folder for folder in (PACKAGE / "conf", PACKAGE.parent / "conf") if folder.is_dir())


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
