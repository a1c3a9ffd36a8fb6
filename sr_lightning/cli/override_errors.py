"""Messages for overrides that Hydra rejects, in terms of the keys and options of this package."""

import json
import re
from collections.abc import Sequence

from sr_lightning.cli.config import CONF
from sr_lightning.cli.known_keys import unknown_key

UNKNOWN = re.compile(r"Could not override '([^']+)'")


def unreadable_override(override: str) -> str:
    """Return the message for an override that does not follow Hydra's grammar, with its quoted form."""
    key, _, value = override.partition("=")
    if not value or not re.fullmatch(r"[~+]*[\w./@:-]+", key):
        return f"{override}: is not KEY=VALUE; write an override such as scale=4, without spaces around ="
    if value[0] in "[{\"'" or "${" in value:
        quoted = f'{key}=["FIRST","SECOND"]' if value[0] == "[" else f'{key}="VALUE"'
        return f"{override}: cannot be read; close all brackets and quotes, and quote names like this: '{quoted}'"
    quoted = json.dumps(value, ensure_ascii=False)
    return f"{override}: contains characters with a meaning in overrides; quote the value: '{key}={quoted}'"


def unknown_override(message: str, primary: str) -> str | None:
    """Return the message for an override of a key that does not exist; None if Hydra's message is about another error.

    Args:
        message: of Hydra.
        primary: primary configuration of the command.
    """
    match = UNKNOWN.match(message)
    if match is None or "@" in match[1] or "No match in the defaults list" in message:
        return None
    return unknown_key(match[1], primary)


def null_group(arguments: Sequence[str]) -> str | None:
    """Return the message for a group that is set to null; None if no argument does so."""
    for argument in arguments:
        key, _, value = argument.lstrip("+").partition("=")
        group = key.partition("@")[0]
        if value in ("null", "") and (CONF / group).is_dir():
            options = ", ".join(sorted(path.stem for path in (CONF / group).glob("*.yaml")))
            return f"{argument}: {group} selects a file of conf/{group}; set {key} to one of {options}"
    return None
