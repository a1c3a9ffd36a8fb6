"""Run folders: one for each run, found again to go on, used by one process at a time."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout
from omegaconf import DictConfig, OmegaConf

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.system.atomic import write_text
from sr_lightning.system.torchrun import decide_once

log = logging.getLogger(__name__)
# What may differ between a run and its continuation: nothing here changes what is trained.
FREE = (
    *("resume", "hydra", "sweep", "stage", "datamodule", "trainer", "logger", "callbacks"),
    *("log_every", "nonfinite_limit", "compile"),
)
FREE_DATA = ("workers", "cache", "resident", "store")


def run_directory(*, _root_: DictConfig) -> str:
    """``runs/NAME/TIME``, one for all processes of a run; with resume=auto, that of the same configuration, if any.

    Raises:
        InputError: a name that is not that of a folder.
    """
    return decide_once(lambda: choose_directory(_root_))


def choose_directory(config: DictConfig) -> str:
    """A new folder; with resume=auto, the newest run of the very same configuration that has a checkpoint.

    Raises:
        InputError: a name that is not that of a folder.
    """
    name = str(config.name)
    if not name or name.startswith((".", "/")) or ".." in name:
        raise InputError(f"name={name}: must be a plain name; the run's folder is runs/NAME/TIME")
    runs = Path("runs", name)
    if config.resume == "auto":
        wanted = comparable(config)
        for folder in sorted(runs.glob("*/checkpoints"), reverse=True):
            saved = folder.parent / ".hydra" / "config.yaml"
            if any(folder.glob("*.ckpt")) and saved.is_file() and comparable(OmegaConf.load(saved)) == wanted:
                return str(folder.parent)
    return str(claim(runs))


@lru_cache(maxsize=1)  # Hydra asks several times
def claim(runs: Path) -> Path:
    """A new folder below ``runs``, named by the time, that no other process has."""
    started = f"{datetime.now():%Y-%m-%d_%H-%M-%S}"
    runs.mkdir(parents=True, exist_ok=True)
    for number in range(1, 1000):
        folder = runs / (started if number == 1 else f"{started}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise InputError(f"{runs}/{started}: a thousand runs started in this second; set hydra.run.dir=FOLDER")


def comparable(config: Any) -> dict[str, Any]:
    """What makes two runs the same run."""
    container: Any = OmegaConf.to_container(config, resolve=False)
    same = {key: value for key, value in container.items() if key not in FREE}
    same["data"] = {key: value for key, value in container["data"].items() if key not in FREE_DATA}
    if container.get("match"):  # chooses this number, which follows from the rest
        group, _, key = container["match_by"].rpartition(".")
        same[group] = {name: value for name, value in container[group].items() if name != key}
    return same


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else trains in ``folder`` meanwhile.

    Raises:
        InputError: somebody does.
    """
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise InputError(
            f"{folder}: another process is training there; wait for it or start a run of its own"
        ) from error


def newest_good(folder: Path) -> Path | None:
    """The newest checkpoint in ``folder`` that can be read; ``last.ckpt`` where several are as new."""
    for path in sorted(folder.glob("*.ckpt"), key=lambda path: (path.stat().st_mtime, path.name), reverse=True):
        try:
            if "loops" in tensor_files.read(path):
                return path
        except InputError as error:
            log.warning("%s", error)
    return None


class Resumed(NamedTuple):
    """What a run that goes on has to know of the one before.

    Args:
        iterations: that it has done.
        started_from: files and hashes of the weights that it started from.
        callbacks: their states.
    """

    iterations: int
    started_from: dict[str, Any] | None
    callbacks: dict[str, Any]


def check_resumable(path: Path | str, config: dict[str, Any]) -> Resumed:
    """What a checkpoint tells, if the run can go on from it.

    Args:
        config: plain configuration of the run that goes on from it.
    Raises:
        InputError: not a checkpoint of a run, or one with another network, optimizer or schedule.
    """
    content = tensor_files.read(path)
    if "loops" not in content:
        raise InputError(f"resume={path}: not a checkpoint of a run; for weights alone use init={path}")
    saved = content.get("hyper_parameters", {})
    for key in ("generator", "optimizer", "scheduler"):
        if key in saved and saved[key] != config[key]:
            parts = sorted(set(saved[key]) | set(config[key]))
            part = next(part for part in parts if saved[key].get(part) != config[key].get(part))
            raise InputError(
                f"resume={path}: was trained with {key}.{part}={saved[key].get(part)}, not {config[key].get(part)}; "
                f"use the same, or init={path} for its weights and a new schedule"
            )
    return Resumed(int(content["global_step"]), saved.get("started_from"), content.get("callbacks", {}))


def write_result(
    folder: Path, monitor: str, value: float | None, iterations: int, costs: Mapping[str, float | None] | None
) -> None:
    """``result.json``: that a run has come to its end, how well it did, and what it cost (``callbacks.Costs``)."""
    result = {"monitor": monitor, "value": value, "iterations": iterations, "costs": costs}
    write_text(folder / "result.json", json.dumps(result) + "\n")


def read_result(folder: Path) -> dict[str, Any] | None:
    """What a run left at its end; None before."""
    path = folder / "result.json"
    return json.loads(path.read_text()) if path.is_file() else None
