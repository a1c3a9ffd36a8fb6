"""Describe a record in words, for captions."""

from collections.abc import Iterator, Mapping
from typing import Any

from sr_lightning.degradations.random_draws import Record

HIDDEN = ("key", "angle")  # parameters that are of no interest in a caption


def describe(record: Record) -> Iterator[str]:
    """Yield one phrase per stage, in the order of application, e.g. ``blur sinc size 9 cutoff 0.512``."""
    for stage, parameters in record.items():
        name = stage.replace("_", " ")
        if parameters is None:
            yield f"{name} none"
        elif parameters and all(isinstance(part, Mapping | None) for part in parameters.values()):
            yield from describe(parameters)
        else:
            visible = {key: value for key, value in parameters.items() if key not in HIDDEN and value != name}
            yield " ".join([name, *(describe_parameter(key, value) for key, value in visible.items())])


def describe_parameter(key: str, value: Any) -> str:
    """Format one parameter; the name is left out where the value is self-explanatory."""
    if isinstance(value, bool):
        return key if value else f"not {key}"
    if isinstance(value, str):
        return value.replace("_", " ")
    if isinstance(value, list):
        distinct = list(dict.fromkeys(f"{number:.2g}" for number in value))
        return f"{key} {' x '.join(distinct)}"
    return f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
