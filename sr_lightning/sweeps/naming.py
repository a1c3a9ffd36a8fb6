"""Folder names of sweeps and jobs: the same command gets the same folders."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig

from sr_lightning.errors import InputError
from sr_lightning.training.run_folder import comparable

NOT_IDENTIFYING = ("resume=", "sweep.")
"""Beginnings of the overrides that do not belong to the identity of a job."""


def overrides(task: Sequence[str], sweeper: Mapping[str, Any]) -> list[Override]:
    """Return the overrides of the command line and of a sweeper's parameters, without those of Hydra itself.

    The command line has precedence, as in the sweeper.
    """
    lines = [f"{key}={value}" for key, value in (sweeper.get("params") or {}).items()] + list(task)
    last = {override.get_key_element(): override for override in OverridesParser.create().parse_overrides(lines)}
    return [override for override in last.values() if not text(override).startswith(NOT_IDENTIFYING)]


def text(override: Override) -> str:
    """Return an override as sweepers pass it to jobs, or the key of a swept override."""
    key = override.get_key_element()
    return key if override.is_sweep_override() else f"{key}={override.get_value_element_as_str()}"


def fixed(task: Sequence[str], sweeper: Mapping[str, Any]) -> list[str]:
    """Return the overrides common to all jobs of a sweep."""
    return sorted({text(override) for override in overrides(task, sweeper) if not override.is_sweep_override()})


def sweep_directory(
    name: str | None, task: Sequence[str], sweeper: Mapping[str, Any], choices: Mapping[str, str]
) -> str:
    """Return the folder of a sweep, ``runs/sweeps/NAME``.

    Args:
        name: of the sweep; None: the experiment, the swept keys and a hash of the fixed overrides.
        task: overrides of the command line.
        sweeper: configuration of the sweeper, whose ``params`` are overrides, too.
        choices: selected option of each group.
    Raises:
        InputError: ``name`` is not a valid folder name.
    """
    if name is None:
        axes = sorted({text(override) for override in overrides(task, sweeper) if override.is_sweep_override()})
        words = "-".join(filter(None, [choices.get("experiment"), ",".join(axes)])) or choices["model"]
        name = f"{re.sub(r'[^A-Za-z0-9_.,-]+', '-', words)[:60]}-{digest(fixed(task, sweeper))}"
    if name.startswith((".", "/")) or ".." in name:
        raise InputError(f"sweep.name={name}: must be a plain name; the sweep's folder is runs/sweeps/NAME")
    return str(Path("runs", "sweeps", name))


def job_directory(*, _root_: DictConfig) -> str:
    """Return ``NUMBER-HASH``, the existing or new folder of the job with these overrides and this configuration."""
    key = identity(_root_)
    existing = sorted(Path(_root_.hydra.sweep.dir).glob(f"[0-9]*-{key}"))
    return existing[0].name if existing else f"{_root_.hydra.job.num:02d}-{key}"


def identity(config: DictConfig) -> str:
    """Return the hash of a job's configuration, which also changes with the files of conf/."""
    identifying = sorted(line for line in config.hydra.overrides.task if not line.startswith(NOT_IDENTIFYING))
    return digest({"overrides": identifying, "configuration": comparable(config)})


def next_number(folder: Path) -> int:
    """Return the number of the next new job in the folder of a sweep."""
    numbers = [int(path.name.split("-")[0]) for path in folder.glob("[0-9]*-*") if path.name.split("-")[0].isdigit()]
    return max(numbers, default=-1) + 1


def digest(content: Any) -> str:
    """Return a short hash of plain containers."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:8]
