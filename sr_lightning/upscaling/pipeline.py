"""Decoding, network and encoding at the same time, one picture each; one bad file does not stop the others."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.image import Picture
from sr_lightning.upscaling.jobs import Job

Enlarge = Callable[[Picture], Picture]


@dataclass
class Report:
    """What became of the files: how many are done, and what is wrong with each of the others."""

    done: int = 0
    problems: dict[Path, str] = field(default_factory=dict)


def upscale_files(jobs: Sequence[Job], enlarge: Enlarge, on_done: Callable[[Job], None] | None = None) -> Report:
    """Read, enlarge and write each file.

    The next file is read and the one before is written while ``enlarge`` works; no more of them are in memory.

    Args:
        enlarge: called in this thread.
        on_done: called after each file, also a bad one.
    """
    report = Report()
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        try:
            following = reader.submit(image.read_picture, jobs[0].source) if jobs else None
            writing: tuple[Job, Future[None]] | None = None
            for number, job in enumerate(jobs):
                assert following is not None
                reading = following
                try:
                    picture = reading.result()
                    following = ahead(reader, jobs, number)
                    enlarged = enlarge(picture)
                    del picture
                except InputError as error:
                    report.problems[job.source] = told(job, error)
                    following = following if following is not reading else ahead(reader, jobs, number)
                    enlarged = None
                if writing is not None:
                    finish(*writing, report)
                writing = None if enlarged is None else (job, writer.submit(image.write_picture, job.target, enlarged))
                del enlarged, reading
                if on_done is not None:
                    on_done(job)
            if writing is not None:
                finish(*writing, report)
        except BaseException:
            reader.shutdown(cancel_futures=True)
            raise
    return report


def ahead(reader: ThreadPoolExecutor, jobs: Sequence[Job], number: int) -> Future[Picture] | None:
    """Begin to read the file after this one."""
    return reader.submit(image.read_picture, jobs[number + 1].source) if number + 1 < len(jobs) else None


def finish(job: Job, writing: Future[None], report: Report) -> None:
    """Wait for a file to be written."""
    try:
        writing.result()
        report.done += 1
    except InputError as error:
        report.problems[job.source] = told(job, error)


def told(job: Job, error: InputError) -> str:
    """The message, with the file's name in it."""
    named = str(error).startswith((str(job.source), str(job.target)))
    return str(error) if named else f"{job.source}: {error}"
