"""Keys that the configuration files define, and the rejection of all others, which would have no effect."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from omegaconf import DictConfig, ListConfig, OmegaConf

from sr_lightning.cli.config import CONF
from sr_lightning.errors import InputError

OPEN_NODES = ("trainer", "callbacks", "hydra", "logger", "metrics")
"""Nodes to which anything may be added; their parts are constructed, and constructors reject unknown arguments."""

OTHER_NAMES = {
    **dict.fromkeys(("ckpt_path", "resume_from", "resume_from_checkpoint", "checkpoint", "ckpt"), "resume=FILE"),
    **dict.fromkeys(("max_steps", "max_epochs", "epochs", "steps", "total_iter"), "iterations=N"),
    **dict.fromkeys(("pretrained", "weights_file", "pretrain", "init_from"), "init=FILE"),
    **dict.fromkeys(("gpus", "num_gpus"), "trainer.devices=N"),
    **dict.fromkeys(("output_dir", "out", "output", "save_dir", "run_dir"), "hydra.run.dir=FOLDER"),
    **dict.fromkeys(("num_workers", "n_workers"), "data.workers=N"),
    **dict.fromkeys(("learning_rate", "lr"), "optimizer.lr=X"),
}
"""Names of other programs -> what to set here, if the command has such a key."""


def check_known_keys(config: DictConfig, primary: str) -> None:
    """Reject keys that no part of the program reads, such as misspelled ones added by ``+`` or in a file.

    Keys are read if a file in ``conf/`` defines them, if an interpolation refers to them, or if they belong to a part
    that is constructed (``_target_``) or to one of ``OPEN_NODES``.

    Args:
        config: composed configuration.
        primary: its primary configuration in ``conf/``: ``train``, ``evaluate`` or ``degrade``.
    Raises:
        InputError: names the first such key, and the nearest known one.
    """
    known = known_keys(primary)
    container = OmegaConf.to_container(config, resolve=False)
    referenced = set(referenced_words(container))
    for key in closed_keys(container):
        node, _, last = key.rpartition(".")
        if key not in known and key not in referenced and not (node and f".{last}" in referenced):
            raise InputError(unknown_key(key, primary))


def closed_keys(container: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of all keys outside of open nodes and of parts that are constructed."""
    for name, value in container.items():
        key = f"{prefix}{name}"
        yield key
        is_open = key in OPEN_NODES or (key == "weights" and "_target_" in (container.get("objective") or {}))
        if isinstance(value, Mapping) and "_target_" not in value and not is_open:
            yield from closed_keys(value, f"{key}.")


def referenced_words(content: Any) -> Iterator[str]:
    """Yield the dotted keys inside of all interpolations, and their nodes; of relative ones ``.LAST``."""
    if isinstance(content, Mapping):
        content = list(content.values())
    if isinstance(content, list):
        for value in content:
            yield from referenced_words(value)
    elif isinstance(content, str) and "${" in content:
        for word in re.findall(r"[\w.]+", content):
            names = word.strip(".").split(".")
            yield from (".".join(names[: length + 1]) for length in range(len(names)))
            if word.startswith("."):
                yield f".{names[-1]}"


@cache
def known_keys(primary: str) -> frozenset[str]:
    """Return the dotted names of all keys that a primary configuration and the options of its groups define."""
    config = OmegaConf.load(CONF / f"{primary}.yaml")
    assert isinstance(config, DictConfig)
    keys = set(dotted(config))
    for group in groups(config):
        if (CONF / group).is_dir():
            keys.add(group)
            for path in sorted((CONF / group).rglob("*.yaml")):
                package = "" if "@package _global_" in path.read_text(encoding="utf-8") else f"{group}."
                keys |= {f"{package}{key}" for key in dotted(OmegaConf.load(path))}
    return frozenset(keys)


def groups(config: DictConfig) -> Iterator[str]:
    """Yield the groups in the defaults list of a configuration."""
    for entry in config.get("defaults", ListConfig([])):
        for name in entry if isinstance(entry, DictConfig) else ():
            yield str(name).removeprefix("override ").removeprefix("/").partition("@")[0]


def dotted(config: Any, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of all keys of a file, without its defaults list."""
    if not isinstance(config, DictConfig):
        return
    for name in map(str, config):
        if prefix or name != "defaults":
            yield f"{prefix}{name}"
            if not OmegaConf.is_missing(config, name) and not OmegaConf.is_interpolation(config, name):
                yield from dotted(config[name], f"{prefix}{name}.")


def unknown_key(key: str, primary: str) -> str:
    """Return the message for an unknown key, with the nearest known one."""
    nearest = nearest_key(key, primary)
    return f"{key}: is not a key of this command, so it has no effect; {f'use {nearest}' if nearest else 'remove it'}"


def nearest_key(key: str, primary: str) -> str | None:
    """Return the known key that is meant by an unknown one, or None."""
    known = known_keys(primary)
    last = key.rpartition(".")[2]
    other = OTHER_NAMES.get(last)
    if other is not None and (other.partition("=")[0] in known or (other.startswith("hydra.") and "." not in key)):
        return other
    known = frozenset(name for name in known if not name.startswith("datamodule."))  # set by way of data
    matches = sorted((name for name in known if name.rpartition(".")[2] == key), key=len)  # the same name in a node
    matches += sorted(name for name in known if sorted(name) == sorted(key))  # letters in another order
    matches += get_close_matches(key, sorted(known), n=1, cutoff=0.84)
    return matches[0] if matches else None
