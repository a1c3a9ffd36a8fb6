"""Concurrent jobs of a sweep."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console

from sr_lightning.sweeps.job import RUNNING, Job
from sr_lightning.sweeps.process import POLL, Process
from sr_lightning.sweeps.slots import Slot
from sr_lightning.system.shutdown import shutdown
from sr_lightning.system.torchrun import independent_environment

CLEANUP = 10.0  # seconds to terminate the remaining processes of an ended job
RUN_IDENTITY = ("WANDB_RUN_ID", "WANDB_SWEEP_ID", "WANDB_RUN_GROUP", "WANDB_NAME")
"""Environment variables that identify one run, and are not passed on to the jobs."""


@dataclass
class Attempt:
    """A running job and its slot."""

    job: Job
    slot: Slot
    process: Process
    resumed: bool


class WorkerPool:
    """Runs jobs until all have ended or the sweep is interrupted.

    Args:
        jobs: to run.
        slots: environment variables of each slot, which runs one job at a time.
        sweep: name of the sweep.
        grace: seconds that jobs have to save a checkpoint after a first signal; a second one kills them.
        on_change: called whenever a job has started or ended.
    """

    def __init__(
        self, jobs: Sequence[Job], slots: Sequence[Slot], sweep: str, grace: float, on_change: Callable[[], None]
    ) -> None:
        self.waiting, self.free, self.running = deque(jobs), list(slots), list[Attempt]()
        self.sweep, self.grace, self.on_change = sweep, grace, on_change
        self.deadline: float | None = None  # of an interrupted sweep
        self.console = Console()

    def run(self) -> int | None:
        """Run the jobs; return the signal that interrupted the sweep, or None."""
        with shutdown() as received:
            try:
                while self.running or (self.waiting and not received):
                    if received:
                        self.interrupt(again=len(received) > 1)
                    else:
                        self.start_waiting()
                    self.poll(stopped=bool(received))
                    time.sleep(POLL)
            finally:
                self.kill()  # no job is running, except after an error of this program
        return received[0] if received else None

    def start_waiting(self) -> None:
        """Start waiting jobs in all free slots."""
        while self.waiting and self.free:
            self.running.append(self.start(self.waiting.popleft(), self.free.pop(0)))
            self.on_change()

    def start(self, job: Job, slot: Slot) -> Attempt:
        """Start a job in a slot."""
        resumed = job.started_before()
        gpus = f" on GPU {slot['CUDA_VISIBLE_DEVICES']}" if "CUDA_VISIBLE_DEVICES" in slot else ""
        self.print(job, f"{'resumes' if resumed else 'starts'}{gpus}: {' '.join(job.axes)}")
        job.folder.mkdir(parents=True, exist_ok=True)
        job.status = RUNNING
        inherited = {name: value for name, value in independent_environment().items() if name not in RUN_IDENTITY}
        process = Process(job.command(self.sweep), {**inherited, **slot}, job.folder / "output.txt")
        return Attempt(job, slot, process, resumed)

    def poll(self, stopped: bool) -> None:
        """Print the new output of the running jobs, and record the jobs that have ended.

        Args:
            stopped: the jobs were asked to terminate.
        """
        for attempt in list(self.running):
            status = attempt.process.status()
            for line in attempt.process.lines():
                self.print(attempt.job, line)
            if status is not None:
                self.running.remove(attempt)
                self.free.append(attempt.slot)
                self.end(attempt, status, stopped)
                self.on_change()

    def end(self, attempt: Attempt, status: int, stopped: bool) -> None:
        """Clean up after a job and record its result."""
        lines = list(attempt.process.lines(everything=True))
        attempt.process.close(CLEANUP)
        attempt.job.end(status, attempt.process.seconds(), lines, attempt.resumed, stopped)
        self.print(attempt.job, ": ".join(filter(None, (attempt.job.status, attempt.job.error))))

    def interrupt(self, again: bool) -> None:
        """Ask the running jobs to save and terminate; kill them if asked again, or after the time of grace."""
        if self.deadline is None:
            self.deadline = time.monotonic() + self.grace
            self.console.print(f"Stopping {len(self.running)} jobs, which save a checkpoint", style="bold")
            for attempt in self.running:
                attempt.process.terminate()
        if again or time.monotonic() > self.deadline:
            self.kill()

    def kill(self) -> None:
        """Kill the processes of all running jobs."""
        for attempt in self.running:
            attempt.process.kill()

    def print(self, job: Job, line: str) -> None:
        """Print a line with the number of a job."""
        self.console.print(f"[{job.number}] {line}", markup=False, highlight=False, soft_wrap=True)
