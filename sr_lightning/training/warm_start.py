"""First stages: trainings that provide the initial generator of a run, cached for later runs.

GANs for super-resolution start from a generator that was trained with a pixel loss (SRGAN, sec. 3.2; ESRGAN, sec. 3.1).
The cache key covers everything that determines a stage, so runs with the same first stage train it once. Stages chain:
Real-ESRGAN starts from Real-ESRNet, which starts from ESRGAN, which starts from RRDB-PSNR. Only generators are passed
on.
"""

import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict

from sr_lightning import __version__
from sr_lightning.cli.compose import Compose
from sr_lightning.cli.config import CONF, plain
from sr_lightning.data.crop_store import key
from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.system.hardware import precision
from sr_lightning.system.shutdown import shutdown
from sr_lightning.system.torchrun import independent_environment
from sr_lightning.system.user_cache import user_cache
from sr_lightning.training.run_folder import MUTABLE_DATA_KEYS

log = logging.getLogger(__name__)
TRAINED_ON = ("generator", "degradation", "data", "seed", "scale", "channels_last")
SHARED = (*TRAINED_ON, "features", "compile", "metrics", "monitor")  # by a run and its first stage
DETERMINING = ("objective", "weights", "optimizer", "scheduler", "iterations", *TRAINED_ON)
ADVERSARIAL = (  # determine a stage with a discriminator besides; each stage has its own model's
    *("discriminator", "gan", "regularizer", "clip", "accumulate", "discriminator_start", "discriminator_every"),
    *("discriminator_lr", "generator_start", "init_discriminator"),
)
VALIDATION = ("validation", "validation_lr", "validation_files")  # of data; measured, not trained on


def provide_first_stage(config: DictConfig, compose: Compose, job_logging: Mapping[str, Any] | None = None) -> Path:
    """Return the checkpoint of the first stage; train the stage if it is not in the cache.

    Processes that need the same stage wait for the one that trains it. An interrupted stage is resumed, from an older
    checkpoint if the last one cannot be read.

    Args:
        config: of the run that starts from the stage.
        compose: composes the configuration of the stage.
        job_logging: see ``run_stage``.
    Raises:
        InputError: the model names no first stage, or its training failed.
    """
    if config.warm_start is None:
        raise InputError("init=warm_start: this model has no first stage; set init=FILE or init=null")
    stage = first_stage(config, compose)
    folder = (Path(config.data.cache) if config.data.cache else user_cache()) / "warm_starts"
    folder = (folder / f"{config.warm_start.model}-{stage_key(stage, compose)}").absolute()
    checkpoint = finished(folder, stage.iterations)
    if checkpoint is None:
        with one_at_a_time(folder) as lock:
            checkpoint = finished(folder, stage.iterations)
            if checkpoint is None:
                log.info("First stage: %s, %d iterations", config.warm_start.model, stage.iterations)
                run_stage(stage, folder, lock, job_logging)
                checkpoint = finished(folder, stage.iterations)
    if checkpoint is None:
        raise InputError(f"{folder}: contains no finished first stage; delete the folder to train it again")
    log.info("Starting from %s", checkpoint)
    return checkpoint


def first_stage(config: DictConfig, compose: Compose) -> DictConfig:
    """Compose the first stage: its model's losses, schedule and discriminator; the run's network, data and seed.

    ``own`` names shared keys for which the stage keeps its own values. It validates as many times as the run, and may
    have a first stage itself.
    """
    stage = compose("train", [f"model={config.warm_start.model}", *config.warm_start.overrides])
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
            raise InputError(f"warm_start.overrides: init={stage.init} has no effect there; set init of the run itself")
        if stage.init is None:
            stage.warm_start = None
    return stage


def stage_key(stage: DictConfig, compose: Compose) -> str:
    """Return the hash of everything that determines the result: configuration, files, precision, version."""
    names = (*DETERMINING, *(ADVERSARIAL if "discriminator" in stage.module else ()))
    container: dict[str, Any] = {name: plain(stage[name]) for name in names}
    free = (*MUTABLE_DATA_KEYS, *VALIDATION)
    container["data"] = {name: value for name, value in container["data"].items() if name not in free}
    container["average"] = OmegaConf.select(stage, "callbacks.ema.decay")
    files = instantiate(stage.data.train_files)()
    container["files"] = [key(paths) for paths in (files.hr, files.lr) if paths is not None]
    container["precision"] = precision(stage.trainer.precision, stage.trainer.accelerator)
    container["version"] = __version__
    if stage.init is not None:
        container["first_stage"] = stage_key(first_stage(stage, compose), compose)
    return hashlib.sha256(json.dumps(container, sort_keys=True).encode()).hexdigest()[:12]


def finished(folder: Path, iterations: int) -> Path | None:
    """Return a readable checkpoint after all iterations, or None: ``last.ckpt``, else ``best.ckpt``."""
    for path in (folder / "checkpoints" / "last.ckpt", folder / "checkpoints" / "best.ckpt"):
        try:
            if path.is_file() and tensor_files.read(path).get("global_step") == iterations:
                return path
        except InputError as error:
            log.warning("%s", error)
    return None


def run_stage(stage: DictConfig, folder: Path, lock: int, job_logging: Mapping[str, Any] | None) -> None:
    """Train the stage in a separate process.

    Args:
        stage: configuration of the stage.
        folder: of the stage.
        lock: descriptor of the lock, inherited by the process, so that it stays locked if this process is killed.
        job_logging: configuration of the process's logging; None: that of ``conf/train.yaml``.
    Raises:
        InputError: the training failed.
    """
    if job_logging is None:
        job_logging = plain(OmegaConf.load(CONF / "train.yaml").hydra.job_logging)
    with open_dict(stage):
        stage.hydra = {"run": {"dir": str(folder)}, "job": {"chdir": False}, "job_logging": job_logging}
    OmegaConf.save(stage, folder / "stage.yaml")
    command = [sys.executable, "-m", "sr_lightning.train", "--config-dir", str(folder), "--config-name", "stage"]
    process = subprocess.Popen(command, env=independent_environment(), pass_fds=[lock] if lock >= 0 else ())
    status = wait_or_forward_signals(process)
    if status:
        raise InputError(f"{folder}: the first stage ended with status {status}; its messages are above")


def wait_or_forward_signals(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process and return its exit status.

    Ctrl-C and SIGTERM are forwarded as SIGTERM, on which training saves a checkpoint; a second one kills the process.

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
    """Lock the folder; yield a descriptor that child processes can inherit, or -1 on Windows."""
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
