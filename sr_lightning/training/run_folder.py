"""Run folders: unique per run, found again by resume=auto, locked during training."""

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
# Keys that may differ between a run and its continuation, because they do not change the training.
FREE = (
    *("resume", "hydra", "sweep", "stage", "datamodule", "trainer", "logger", "callbacks"),
    *("log_every", "nonfinite_limit", "compile"),
)
FREE_DATA = ("workers", "cache", "resident", "store")


def run_directory(*, _root_: DictConfig) -> str:
    """Return ``runs/NAME/TIME``, equal for all processes of a run; with resume=auto possibly an earlier folder.

    Raises:
        InputError: an invalid folder name.
    """
    return decide_once(lambda: choose_directory(_root_))


def choose_directory(config: DictConfig) -> str:
    """Return a new folder, or with resume=auto the newest run of the identical configuration with a checkpoint.

    Raises:
        InputError: an invalid folder name.
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
    """Create a unique folder below ``runs``, named by the time."""
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
    """Return the part of a configuration that must be equal for resuming."""
    container: Any = OmegaConf.to_container(config, resolve=False)
    same = {key: value for key, value in container.items() if key not in FREE}
    same["data"] = {key: value for key, value in container["data"].items() if key not in FREE_DATA}
    if container.get("match"):  # chooses this number, which follows from the rest
        group, _, key = container["match_by"].rpartition(".")
        same[group] = {name: value for name, value in container[group].items() if name != key}
    return same


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lock a run folder for the duration of the block.

    Raises:
        InputError: another process holds the lock.
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
    """Return the newest readable checkpoint in ``folder``; of equally new ones ``last.ckpt``."""
    for path in sorted(folder.glob("*.ckpt"), key=lambda path: (path.stat().st_mtime, path.name), reverse=True):
        try:
            if "loops" in tensor_files.read(path):
                return path
        except InputError as error:
            log.warning("%s", error)
    return None


class Resumed(NamedTuple):
    """State of an earlier run that a resumed run needs.

    Args:
        iterations: completed iterations.
        started_from: files and hashes of the initial weights.
        callbacks: states of the callbacks.
    """

    iterations: int
    started_from: dict[str, Any] | None
    callbacks: dict[str, Any]


def check_resumable(path: Path | str, config: dict[str, Any]) -> Resumed:
    """Return the state in a checkpoint after checking that the run can resume from it.

    Args:
        config: plain configuration of the resumed run.
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
    """Write ``result.json`` of a finished run: best score, iterations and costs (``callbacks.Costs``)."""
    result = {"monitor": monitor, "value": value, "iterations": iterations, "costs": costs}
    write_text(folder / "result.json", json.dumps(result) + "\n")


def read_result(folder: Path) -> dict[str, Any] | None:
    """Return the content of ``result.json``, or None for an unfinished run."""
    path = folder / "result.json"
    return json.loads(path.read_text()) if path.is_file() else None
