"""A record in words, for the line beneath a picture."""

from collections.abc import Iterator, Mapping
from typing import Any

from sr_lightning.degradations.random_draws import Record


def described(record: Record) -> Iterator[str]:
    """What was drawn, a stage at a time, in the order in which it was done."""
    for stage, drawn in record.items():
        name = stage.replace("_", " ")
        if drawn is None:
            yield f"{name} none"
        elif drawn and all(isinstance(part, Mapping | None) for part in drawn.values()):
            yield from described(drawn)
        else:
            values = (
                shown(key, value) for key, value in drawn.items() if key not in ("key", "angle") and value != name
            )
            yield " ".join([name, *values])


def shown(key: str, value: Any) -> str:
    """A drawn value in a few characters, with its name where it would not be understood without it."""
    if isinstance(value, bool):
        return key if value else f"not {key}"
    if isinstance(value, str):
        return value.replace("_", " ")
    if isinstance(value, list):
        unlike = list(dict.fromkeys(f"{number:.2g}" for number in value))
        return f"{key} {' x '.join(unlike)}"
    return f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
