"""Hydra launcher that runs each job of a sweep as the training command in a separate process.

Jobs share neither device processes nor loggers, random states or memory.
"""

import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from sr_lightning.errors import InputError
from sr_lightning.sweeps.slots import make_slots
from sr_lightning.system.torchrun import started_by_torchrun


class Processes(Launcher):
    """Runs each job of a sweep in a separate process.

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
            raise InputError("-m: a sweep starts its own processes; run it without torchrun, and set trainer.devices")
        self.slots, self.grace = make_slots(jobs, devices), grace

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        from sr_lightning.sweeps.sweep import Sweep  # imports torch, which takes seconds

        self.sweep = Sweep(hydra_context.config_loader, config, self.slots, self.grace)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run all unfinished jobs; sweepers that propose jobs step by step call this several times."""
        return self.sweep.run(job_overrides)


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
