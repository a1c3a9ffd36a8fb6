"""Hydra launcher that runs each job of a sweep as the training command in a process of its own.

Jobs share neither device processes nor loggers, random states or memory.
"""

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

from sr_lightning.errors import InputError
from sr_lightning.evaluation.tables import show
from sr_lightning.sweeps import naming, table, worker_pool
from sr_lightning.sweeps.job import Job
from sr_lightning.system.torchrun import started_by_torchrun
from sr_lightning.training.run_folder import exclusive_lock

log = logging.getLogger(__name__)


class Processes(Launcher):
    """
    Args:
        jobs: number of concurrent jobs, which share the CPU cores.
        devices: GPUs, or groups of GPUs, each of which runs one job at a time; None: jobs see all GPUs.
        grace: seconds that jobs have to save a checkpoint when the sweep is interrupted.
    Raises:
        InputError: an invalid number of jobs, an unknown device, or torchrun, which would start several sweeps.
    """

    __module__ = "hydra_plugins.sr_lightning"  # see register

    def __init__(self, jobs: int = 1, devices: Sequence[Any] | None = None, grace: float = 60) -> None:
        if started_by_torchrun():
            raise InputError("-m: starts the processes of its jobs itself; leave torchrun out, set trainer.devices")
        if not isinstance(jobs, int) or jobs < 1:
            raise InputError(f"hydra.launcher.jobs={jobs}: must be a whole number of at least 1")
        if devices is not None and jobs > 1:
            raise InputError("hydra.launcher: give jobs or devices, not both; each device runs one job at a time")
        self.places = places([None] * jobs if devices is None else [visible(device) for device in devices])
        self.grace = grace
        self.jobs: dict[Path, Job] = {}

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.context, self.config = hydra_context, config
        self.folder = Path(str(config.hydra.sweep.dir))

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run all unfinished jobs; sweepers that propose jobs step by step call this several times."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(self.folder):
            jobs = [self.job(overrides) for overrides in job_overrides]
            todo = {job.folder: job for job in jobs if not job.done}
            self.jobs |= {job.folder: job for job in jobs}
            log.info("%s: jobs to run: %d, finished: %d", self.folder, len(todo), len({*self.jobs} - {*todo}))
            stopped = worker_pool.run(list(todo.values()), self.places, self.folder.name, self.grace, self.write)
            self.write()
        self.tell()
        if stopped:
            raise SystemExit(128 + stopped)
        return [self.returned(self.jobs[job.folder]) for job in jobs]

    def job(self, overrides: Sequence[str]) -> Job:
        """Return the job for these overrides, in its existing folder or a new one."""
        config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
        with open_dict(config):
            config.hydra.job.num = naming.next_number(self.folder)
        folder = self.folder / str(config.hydra.sweep.subdir)
        folder.mkdir(parents=True, exist_ok=True)
        shared = naming.fixed(self.config.hydra.overrides.task, self.config.hydra.sweeper)
        axes = [line for line in overrides if line not in shared and not line.startswith(naming.OWN)]
        known = self.jobs.get(folder)
        return known if known and known.done else Job(folder, list(overrides), axes, config)

    def write(self) -> None:
        table.write(self.folder, list(self.jobs.values()))

    def tell(self) -> None:
        """Print the table and how to continue."""
        jobs = list(self.jobs.values())
        show(table.rows(jobs), f"{self.folder}")
        left = sum(not job.done for job in jobs)
        if left:
            log.info(
                "%d of %d jobs are finished; the same command goes on with the others", len(jobs) - left, len(jobs)
            )

    def returned(self, job: Job) -> JobReturn:
        """Return a job's result for the sweeper: its value or its failure."""
        result = JobReturn(overrides=list(job.overrides), cfg=job.config, hydra_cfg=job.config)
        result.status = JobStatus.COMPLETED if job.done else JobStatus.FAILED
        failed = sum(not other.done for other in self.jobs.values())
        message = (
            f"{self.folder}: {failed} of {len(self.jobs)} jobs failed, output.txt in their folders has all they said; "
            "the same command runs them again"
        )
        result.return_value = job.value if job.done else InputError(message)
        return result


def places(devices: Sequence[str | None]) -> list[dict[str, str]]:
    """Return the environment variables of each concurrent job: its GPUs and its number of CPU threads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    found: list[dict[str, str]] = [{} if device is None else {"CUDA_VISIBLE_DEVICES": device} for device in devices]
    if len(found) > 1 and "OMP_NUM_THREADS" not in os.environ:
        for place in found:
            place["OMP_NUM_THREADS"] = str(max(1, cores // len(found)))
    return found


def visible(device: Any) -> str:
    """Return the value of CUDA_VISIBLE_DEVICES for a device or group; indices count the devices visible here.

    Raises:
        InputError: no such device.
    """
    if not isinstance(device, int | str):
        return ",".join(visible(one) for one in device)
    if isinstance(device, str):
        return device
    count = torch.cuda.device_count()
    if not 0 <= device < count:
        raise InputError(f"hydra.launcher.devices: there is no GPU {device}; this machine shows {count}")
    here = os.environ.get("CUDA_VISIBLE_DEVICES")
    return here.split(",")[device] if here else str(device)


def check_devices_in_process(devices: Any) -> None:
    """Reject several devices per job for launchers that run all jobs inside one process, except on Slurm.

    Args:
        devices: ``trainer.devices`` of a job.
    Raises:
        InputError: each device's process would start all jobs of the sweep.
    """
    if devices in (1, "1"):
        return
    from lightning.pytorch.plugins.environments import SLURMEnvironment

    if not SLURMEnvironment.detect():
        raise InputError(
            f"trainer.devices={devices}: this launcher runs jobs inside one process, and each device's process would "
            "start them all; remove hydra/launcher, the default launcher starts a process for each job"
        )


def register() -> None:
    """Register the launcher with Hydra.

    Hydra accepts launchers only from the namespace ``hydra_plugins``, which does not exist without installed plugins.
    """
    namespace = ModuleType("hydra_plugins")
    with suppress(ImportError):
        namespace = importlib.import_module("hydra_plugins")
    namespace.__path__ = getattr(namespace, "__path__", [])
    module = ModuleType(Processes.__module__)
    vars(module)[Processes.__name__] = Processes
    vars(namespace)["sr_lightning"] = module
    sys.modules |= {namespace.__name__: namespace, module.__name__: module}
    Plugins.instance().register(Processes)


register()
