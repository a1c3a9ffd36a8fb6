"""Checkpoints from which a run resumes."""

import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig

from sr_lightning.cli.config import plain
from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files

log = logging.getLogger(__name__)
UNCHANGEABLE = ("generator", "optimizer", "scheduler")  # their states are in the checkpoint


class Resumed(NamedTuple):
    """State of an earlier run that a resumed run needs.

    Args:
        path: checkpoint.
        iterations: completed iterations.
        started_from: files and hashes of the initial weights.
        callbacks: states of the callbacks, by Lightning's ``state_key``.
    """

    path: Path
    iterations: int
    started_from: dict[str, Any] | None
    callbacks: dict[str, Any]


def find_resumed(config: DictConfig, folder: Path) -> Resumed | None:
    """Return the state that the run resumes from; None to start from iteration 0.

    Args:
        config: of the run.
        folder: of the run; with ``resume=auto``, its newest checkpoint is taken.
    Raises:
        InputError: see ``read_resumed``; or the named checkpoint has already done all iterations.
    """
    if config.resume is None:
        return None
    if config.resume != "auto":
        resumed = read_resumed(Path(config.resume), plain(config))
        if resumed.iterations >= config.iterations:
            raise InputError(
                f"resume={config.resume}: has already done {resumed.iterations} of {config.iterations} iterations; "
                "set iterations to a larger number"
            )
        return resumed
    path = newest_readable(folder / "checkpoints")
    if path is None:
        log.info("No checkpoint to resume from; starting from iteration 0")
        return None
    log.info("Resuming from %s", os.path.relpath(path))
    return read_resumed(path, plain(config))


def newest_readable(folder: Path) -> Path | None:
    """Return the newest readable checkpoint in ``folder``; of equally new ones ``last.ckpt``."""
    for path in sorted(folder.glob("*.ckpt"), key=lambda path: (path.stat().st_mtime, path.name), reverse=True):
        try:
            if "loops" in tensor_files.read(path):
                return path
        except InputError as error:
            log.warning("%s", error)
    return None


def read_resumed(path: Path, config: dict[str, Any]) -> Resumed:
    """Read a checkpoint, and check that a run can resume from it.

    Args:
        path: of the checkpoint.
        config: plain configuration of the run that resumes.
    Raises:
        InputError: not a checkpoint of a run, or one with another network, optimizer or schedule.
    """
    content = tensor_files.read(path)
    if "loops" not in content:
        raise InputError(f"resume={path}: not a checkpoint of a run; for its weights alone use init={path}")
    saved = content.get("hyper_parameters", {})
    for key in UNCHANGEABLE:
        if key in saved and saved[key] != config[key]:
            parts = sorted(set(saved[key]) | set(config[key]))
            part = next(part for part in parts if saved[key].get(part) != config[key].get(part))
            raise InputError(
                f"resume={path}: was trained with {key}.{part}={saved[key].get(part)}, not {config[key].get(part)}; "
                f"use the same, or init={path} for its weights and a new schedule"
            )
    return Resumed(path, int(content["global_step"]), saved.get("started_from"), content.get("callbacks", {}))
