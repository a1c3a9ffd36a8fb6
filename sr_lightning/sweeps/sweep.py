"""A sweep: its jobs, their results, and the table of both."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import DictConfig, open_dict

from sr_lightning.errors import InputError
from sr_lightning.evaluation.tables import show
from sr_lightning.sweeps import naming, table
from sr_lightning.sweeps.job import Job
from sr_lightning.sweeps.slots import Slot
from sr_lightning.sweeps.worker_pool import WorkerPool
from sr_lightning.training.run_folder import exclusive_lock

log = logging.getLogger(__name__)


class Result(JobReturn):
    """Result of a job; that of a failed job raises its error without a line of Hydra before the message."""

    @property
    def return_value(self) -> Any:
        if self.status == JobStatus.FAILED:
            raise self._return_value
        return self._return_value

    @return_value.setter
    def return_value(self, value: Any) -> None:
        self._return_value = value


class Sweep:
    """Runs the jobs of a sweep that are not finished, and writes a table of all jobs.

    Args:
        config_loader: composes the configuration of a job.
        config: of the sweep, with the node ``hydra``.
        slots: environment variables of each concurrent job.
        grace: seconds that jobs have to save a checkpoint when the sweep is interrupted.
    """

    def __init__(self, config_loader: ConfigLoader, config: DictConfig, slots: Sequence[Slot], grace: float) -> None:
        self.config_loader, self.config = config_loader, config
        self.slots, self.grace = slots, grace
        self.folder = Path(str(config.hydra.sweep.dir))
        self.jobs: dict[Path, Job] = {}

    def run(self, job_overrides: Sequence[Sequence[str]]) -> Sequence[JobReturn]:
        """Run the unfinished jobs among those with the given overrides; return the results of all of them.

        Raises:
            InputError: another process runs this sweep.
            SystemExit: the sweep was interrupted by a signal.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(self.folder):
            jobs = [self.job(overrides) for overrides in job_overrides]
            unfinished = {job.folder: job for job in jobs if not job.done}
            self.jobs |= {job.folder: job for job in jobs}
            finished = len({*self.jobs} - {*unfinished})
            log.info("%s: jobs to run: %d, finished: %d", self.folder, len(unfinished), finished)
            pool = WorkerPool(list(unfinished.values()), self.slots, self.folder.name, self.grace, self.write_table)
            interrupted_by = pool.run()
            self.write_table()
        self.show_table()
        if interrupted_by:
            raise SystemExit(128 + interrupted_by)
        return [self.result(self.jobs[job.folder]) for job in jobs]

    def job(self, overrides: Sequence[str]) -> Job:
        """Return the job with these overrides, in its existing folder or a new one."""
        config = self.config_loader.load_sweep_config(self.config, list(overrides))
        with open_dict(config):
            config.hydra.job.num = naming.next_number(self.folder)
        folder = self.folder / str(config.hydra.sweep.subdir)
        folder.mkdir(parents=True, exist_ok=True)
        fixed = naming.fixed(self.config.hydra.overrides.task, self.config.hydra.sweeper)
        axes = [line for line in overrides if line not in fixed and not line.startswith(naming.NOT_IDENTIFYING)]
        earlier = self.jobs.get(folder)
        return earlier if earlier and earlier.done else Job(folder, list(overrides), axes, config)

    def write_table(self) -> None:
        """Write the table of all jobs to the folder of the sweep."""
        table.write(self.folder, list(self.jobs.values()))

    def show_table(self) -> None:
        """Print the table, and how to run the unfinished jobs."""
        jobs = list(self.jobs.values())
        show(table.rows(jobs), f"{self.folder}")
        finished = sum(job.done for job in jobs)
        if finished < len(jobs):
            log.info("%d of %d jobs are finished; run the same command again for the others", finished, len(jobs))

    def result(self, job: Job) -> JobReturn:
        """Return a job's result for the sweeper: its value or its failure."""
        result = Result(overrides=list(job.overrides), cfg=job.config, hydra_cfg=job.config)
        result.status = JobStatus.COMPLETED if job.done else JobStatus.FAILED
        failed = sum(not other.done for other in self.jobs.values())
        message = (
            f"{self.folder}: {failed} of {len(self.jobs)} jobs failed, see output.txt in their folders; "
            "the same command runs them again"
        )
        result.return_value = job.value if job.done else InputError(message)
        return result
