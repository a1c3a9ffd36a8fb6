"""First stages: the training whose generator a run starts from, done once and kept in the cache.

GANs for super-resolution start from a generator that was trained with a pixel loss (SRGAN, sec. 3.2; ESRGAN, sec. 3.1).
Such a stage lies in the cache under a key of everything that determines it, so all runs that share it train it once.
Stages chain: Real-ESRGAN starts from Real-ESRNet, that from ESRGAN, which is adversarial itself, and that from
RRDB-PSNR. Generators are handed on, discriminators are not.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict
from platformdirs import user_cache_path

from sr_lightning import __version__
from sr_lightning.cli.config import plain
from sr_lightning.data.crop_store import key
from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.system.hardware import precision
from sr_lightning.system.shutdown import shutdown
from sr_lightning.system.torchrun import independent_environment
from sr_lightning.training.run_folder import FREE_DATA

log = logging.getLogger(__name__)
TRAINED_ON = ("generator", "degradation", "data", "seed", "scale", "channels_last")
SHARED = (*TRAINED_ON, "features", "compile", "metrics", "monitor")  # by a run and its first stage
DETERMINING = ("objective", "weights", "optimizer", "scheduler", "iterations", *TRAINED_ON)
ADVERSARIAL = (  # determine a stage with a discriminator besides; each stage has its own model's
    *("discriminator", "gan", "clip", "accumulate", "discriminator_start", "discriminator_every"),
    *("discriminator_lr", "generator_start", "init_discriminator"),
)
VALIDATION = ("validation", "validation_lr", "validation_files")  # of data; measured, not trained on


def warm_start(config: DictConfig) -> Path:
    """The checkpoint of the first stage, trained now where nobody has trained it yet.

    Processes that need the same stage wait for the one that trains it; one that was killed is resumed, and so is one
    whose last checkpoint cannot be read, from what else there is of it.

    Raises:
        InputError: the model names no first stage, or its training failed.
    """
    if config.warm_start is None:
        raise InputError("init=warm_start: this model names no run to start from; set init=FILE or init=null")
    stage = first_stage(config)
    folder = (Path(config.data.cache) if config.data.cache else user_cache_path("sr_lightning")) / "warm_starts"
    folder = (folder / f"{config.warm_start.model}-{stage_key(stage)}").absolute()
    checkpoint = finished(folder, stage.iterations)
    if checkpoint is None:
        with one_at_a_time(folder) as lock:
            checkpoint = finished(folder, stage.iterations)
            if checkpoint is None:
                log.info("First stage: %s, %d iterations", config.warm_start.model, stage.iterations)
                run_stage(stage, folder, lock)
                checkpoint = finished(folder, stage.iterations)
    if checkpoint is None:
        raise InputError(f"{folder}: holds no finished first stage; delete it, and it is trained anew")
    log.info("Starting from %s", checkpoint)
    return checkpoint


def first_stage(config: DictConfig) -> DictConfig:
    """Compose the first stage: its model's losses, schedule and discriminator; the run's network, data and seed.

    ``own`` names what of the shared it has of its own all the same. It validates as many times as the run. It may have
    a first stage itself.
    """
    overrides = [f"model={config.warm_start.model}", *config.warm_start.overrides]
    stage = compose("train", overrides)
    own = {name: plain(OmegaConf.select(stage, name)) for name in config.warm_start.get("own", [])}
    with open_dict(stage):
        for name in SHARED:
            stage[name] = plain(config[name])
        for name, value in own.items():
            OmegaConf.update(stage, name, value, merge=False)
        for name in ("accelerator", "devices", "precision"):
            stage.trainer[name] = config.trainer[name]
        stage.name, stage.stage = config.warm_start.model, "warm_start"
        stage.logger, stage.sweep.name = config.logger, config.sweep.name
        stage.iterations = config.warm_start.iterations
        stage.validate_every = max(1, config.validate_every * stage.iterations // config.iterations)
        stage.log_every = config.log_every
        stage.resume = "auto"
        if stage.init not in (None, "warm_start"):
            raise InputError(f"warm_start.overrides: init={stage.init} there does nothing; set init of the run itself")
        if stage.init is None:
            stage.warm_start = None
    return stage


def stage_key(stage: DictConfig) -> str:
    """Hash of what determines the outcome: configuration, training files, precision, version."""
    names = (*DETERMINING, *(ADVERSARIAL if "discriminator" in stage.module else ()))
    container: dict[str, Any] = {name: plain(stage[name]) for name in names}
    free = (*FREE_DATA, *VALIDATION)
    container["data"] = {name: value for name, value in container["data"].items() if name not in free}
    container["average"] = OmegaConf.select(stage, "callbacks.ema.decay")
    files = instantiate(stage.data.train_files)()
    container["files"] = [key(paths) for paths in (files.hr, files.lr) if paths is not None]
    container["precision"] = precision(stage.trainer.precision, stage.trainer.accelerator)
    container["version"] = __version__
    if stage.init is not None:
        container["first_stage"] = stage_key(first_stage(stage))
    return hashlib.sha256(json.dumps(container, sort_keys=True).encode()).hexdigest()[:12]


def finished(folder: Path, iterations: int) -> Path | None:
    """A checkpoint that can be read and has done all its iterations: the last, or the best where that is the last."""
    for path in (folder / "checkpoints" / "last.ckpt", folder / "checkpoints" / "best.ckpt"):
        try:
            if path.is_file() and tensor_files.read(path).get("global_step") == iterations:
                return path
        except InputError as error:
            log.warning("%s", error)
    return None


def run_stage(stage: DictConfig, folder: Path, lock: int) -> None:
    """Train the stage in a process of its own, so that nothing of it touches the run that follows.

    Args:
        lock: descriptor that the process holds too: if this one is killed, nobody trains beside it.
    Raises:
        InputError: the training failed.
    """
    messages = HydraConfig.get().job_logging
    hydra = {"run": {"dir": str(folder)}, "job": {"chdir": False}, "job_logging": plain(messages)}
    with open_dict(stage):
        stage.hydra = hydra
    OmegaConf.save(stage, folder / "stage.yaml")
    command = [sys.executable, "-m", "sr_lightning.train", "--config-dir", str(folder), "--config-name", "stage"]
    status = end(subprocess.Popen(command, env=independent_environment(), pass_fds=[lock] if lock >= 0 else ()))
    if status:
        raise InputError(f"{folder}: the first stage ended with status {status}; what it said is above")


def end(process: subprocess.Popen) -> int:
    """Wait for the end of a process, and return its status.

    Ctrl-C or SIGTERM is passed on as SIGTERM, on which training saves, and waited for; a second one kills.

    Raises:
        SystemExit: after such a signal, with its status.
    """

    def stop(received: list[int]) -> None:
        process.terminate() if len(received) == 1 else process.kill()

    with shutdown(stop, ("SIGINT", "SIGTERM")) as received:
        status = process.wait()
    if received:
        raise SystemExit(128 + received[0])
    return status


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[int]:
    """Hold the folder's lock; its descriptor can be passed on to a child, but not on Windows, where it is -1."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "stage.lock").open("w") as file:
        if os.name == "nt":
            yield -1
            return
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("Another process trains the first stage in %s; waiting for it", folder)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
