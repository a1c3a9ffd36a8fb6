"""Run jobs concurrently until all have ended or the sweep is interrupted."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from sr_lightning.sweeps.job import RUNNING, Job
from sr_lightning.sweeps.process import POLL, Process
from sr_lightning.system.shutdown import shutdown
from sr_lightning.system.torchrun import independent_environment

LEFTOVERS = 10.0  # seconds for what an ended job has left running
# An identity that belongs to one run must not reach all jobs.
ONE_RUN = ("WANDB_RUN_ID", "WANDB_SWEEP_ID", "WANDB_RUN_GROUP", "WANDB_NAME")


@dataclass
class Attempt:
    """A running job and its slot."""

    job: Job
    place: Mapping[str, str]
    process: Process
    resumed: bool


def run(
    jobs: Sequence[Job], places: Sequence[Mapping[str, str]], sweep: str, grace: float, changed: Callable[[], None]
) -> int | None:
    """Run the jobs; return the signal that interrupted the sweep, or None.

    Args:
        places: environment variables of each slot, which runs one job at a time.
        sweep: name of the sweep.
        grace: seconds that jobs have to save after a first signal; a second one kills them.
        changed: called whenever jobs have started or ended.
    """
    console = Console()
    waiting, free, running = deque(jobs), list(places), list[Attempt]()
    deadline = float("inf")
    with shutdown() as received:
        try:
            while running or (waiting and not received):
                while waiting and free and not received:
                    running.append(start(waiting.popleft(), free.pop(0), sweep, console))
                    changed()
                if received and deadline == float("inf"):
                    deadline = time.monotonic() + grace
                    console.print(f"Ending {len(running)} jobs; they save what they have done", style="bold")
                    for attempt in running:
                        attempt.process.terminate()
                if len(received) > 1 or time.monotonic() > deadline:
                    for attempt in running:
                        attempt.process.kill()
                for attempt in list(running):
                    status = attempt.process.status()
                    forward(attempt, console)
                    if status is not None:
                        running.remove(attempt)
                        free.append(attempt.place)
                        end(attempt, status, bool(received), console)
                        changed()
                time.sleep(POLL)
        finally:
            for attempt in running:  # after an error of this program alone
                attempt.process.kill()
    return received[0] if received else None


def start(job: Job, place: Mapping[str, str], sweep: str, console: Console) -> Attempt:
    """Start a job in a slot."""
    resumed = job.started_before()
    where = "".join(f" on GPU {value}" for name, value in place.items() if name == "CUDA_VISIBLE_DEVICES")
    say(console, job, f"{'goes on' if resumed else 'starts'}{where}: {' '.join(job.axes)}")
    job.folder.mkdir(parents=True, exist_ok=True)
    job.status = RUNNING
    environment = {name: value for name, value in independent_environment().items() if name not in ONE_RUN} | dict(
        place
    )
    return Attempt(job, place, Process(job.command(sweep), environment, job.folder / "output.txt"), resumed)


def forward(attempt: Attempt, console: Console) -> None:
    """Print the new output of a job."""
    for line in attempt.process.lines():
        say(console, attempt.job, line)


def end(attempt: Attempt, status: int, stopped: bool, console: Console) -> None:
    """Clean up after a job and record its result."""
    lines = list(attempt.process.lines(everything=True))
    attempt.process.close(LEFTOVERS)
    attempt.job.end(status, attempt.process.seconds(), lines, attempt.resumed, stopped)
    say(console, attempt.job, ": ".join(filter(None, (attempt.job.status, attempt.job.error))))


def say(console: Console, job: Job, line: str) -> None:
    console.print(f"[{job.number}] {line}", markup=False, highlight=False, soft_wrap=True)
