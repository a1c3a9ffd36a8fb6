"""Run folders: their names, their lock, and the files that describe a run."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from omegaconf import DictConfig, OmegaConf

from sr_lightning.errors import InputError
from sr_lightning.system.atomic import write_text
from sr_lightning.system.torchrun import decide_once

MUTABLE_KEYS = (
    *("resume", "hydra", "sweep", "stage", "folder", "datamodule", "trainer", "logger", "callbacks"),
    *("log_every", "nonfinite_limit", "compile"),
)
"""Keys that may change when a run is resumed, because they do not change the trained network."""

MUTABLE_DATA_KEYS = ("workers", "cache", "resident", "store")
"""Keys of ``data`` that may change when a run is resumed."""


def run_directory(*, _root_: DictConfig) -> str:
    """Return the run folder ``runs/NAME/TIME``, equal for all processes of a run.

    With ``resume=auto``, it is the folder of the newest run of the identical configuration, if there is one.

    Raises:
        InputError: ``name`` is not a valid folder name.
    """
    return decide_once(lambda: choose_directory(_root_))


def choose_directory(config: DictConfig) -> str:
    """Create a new run folder; with ``resume=auto``, return the newest one of this configuration with a checkpoint.

    Raises:
        InputError: ``name`` is not a valid folder name.
    """
    name = str(config.name)
    if not name or name.startswith((".", "/")) or ".." in name:
        raise InputError(f"name={name}: must be a plain name; the run's folder is runs/NAME/TIME")
    runs = Path("runs", name)
    if config.resume == "auto":
        identity = comparable(config)
        for folder in sorted(runs.glob("*/checkpoints"), reverse=True):
            saved = folder.parent / ".hydra" / "config.yaml"
            if any(folder.glob("*.ckpt")) and saved.is_file() and comparable(OmegaConf.load(saved)) == identity:
                return str(folder.parent)
    return str(create_unique(runs))


def new_directory(parent: str) -> str:
    """Return a new folder below ``parent`` that is named by the time, equal for all processes of a command."""
    return decide_once(lambda: str(create_unique(Path(parent))))


@lru_cache(maxsize=1)  # Hydra resolves the folder several times
def create_unique(runs: Path) -> Path:
    """Create a folder below ``runs`` that is named by the current time and unique among processes.

    Raises:
        InputError: a thousand runs started within one second.
    """
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
    """Return the unresolved part of a configuration that must be equal for resuming."""
    container: Any = OmegaConf.to_container(config, resolve=False)
    same = {key: value for key, value in container.items() if key not in MUTABLE_KEYS}
    same["data"] = {key: value for key, value in container["data"].items() if key not in MUTABLE_DATA_KEYS}
    if container.get("match"):  # chooses the value of this key, which follows from the other keys
        group, _, key = container["match_by"].rpartition(".")
        same[group] = {name: value for name, value in container[group].items() if name != key}
    return same


@contextmanager
def exclusive_lock(folder: Path) -> Iterator[None]:
    """Lock the folder of a run or a sweep for one process during the block.

    Raises:
        InputError: another process holds the lock.
    """
    lock = FileLock(folder / ".lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout as error:
        raise InputError(
            f"{folder}: another process is working in this folder; wait until it has ended, or choose another folder"
        ) from error


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Create the folder of a run or an evaluation if it is missing, and lock it for this command during the block.

    With several devices, the process of rank 0 holds the lock for all.

    Raises:
        InputError: another command holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(folder) if is_rank_zero() else nullcontext():
        yield


def is_rank_zero() -> bool:
    """Return True in the first of the processes that Lightning or torchrun has started for a command."""
    from lightning.pytorch.utilities.rank_zero import rank_zero_only  # slow to import

    return bool(getattr(rank_zero_only, "rank", 0) == 0)


def write_config(folder: Path, config: DictConfig) -> None:
    """Write ``.hydra/config.yaml`` of a run that was started from Python or has a size chosen by ``match``.

    Hydra has written it otherwise.
    """
    path = folder / ".hydra" / "config.yaml"
    if config.match is not None or not path.is_file():
        portable = config.copy()
        portable.folder = None
        write_text(path, OmegaConf.to_yaml(portable))


def write_result(
    folder: Path, monitor: str, value: float | None, iterations: int, costs: Mapping[str, float | None] | None
) -> None:
    """Write ``result.json``, which marks a run as finished.

    Args:
        folder: of the run.
        monitor: name of the metric that selects the best checkpoint.
        value: its best value.
        iterations: completed iterations.
        costs: measurements of ``callbacks.Costs``.
    """
    result = {"monitor": monitor, "value": value, "iterations": iterations, "costs": costs}
    write_text(folder / "result.json", json.dumps(result) + "\n")


def read_result(folder: Path) -> dict[str, Any] | None:
    """Return the content of ``result.json``, or None for an unfinished run."""
    path = folder / "result.json"
    return json.loads(path.read_text()) if path.is_file() else None
