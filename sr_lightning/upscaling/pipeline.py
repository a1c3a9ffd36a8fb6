"""Decode, upscale and encode images concurrently; a failed file does not stop the others."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.image import Bands, Picture
from sr_lightning.upscaling.checks import Checked, check_files, error_message
from sr_lightning.upscaling.jobs import Job

Enlarge = Callable[[Picture], Picture | Bands]


@dataclass
class Report:
    """Number of finished files, and the error message of each failed one."""

    done: int = 0
    problems: dict[Path, str] = field(default_factory=dict)


def upscale_files(
    jobs: Sequence[Job],
    enlarge: Enlarge,
    on_done: Callable[[Job], None] | None = None,
    checked: Checked | None = None,
) -> Report:
    """Read, upscale and write each file; files that fail the check before the first one are left out.

    While ``enlarge`` runs, the next file is read and the previous one written; at most three images are in memory.
    Large outputs are computed in bands while they are written.

    Args:
        jobs: input and output files.
        enlarge: upscales a picture; called in the current thread.
        on_done: called after each file, including those that fail.
        checked: result of `check_files` for these jobs; None: they are checked here.
    """
    checked = check_files(jobs) if checked is None else checked
    report = Report(problems=dict(checked.problems))
    jobs = [job for job in jobs if job.source not in checked.problems]
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        try:
            following = reader.submit(image.read_picture, jobs[0].source) if jobs else None
            writing: tuple[Job, Future[None]] | None = None
            for number, job in enumerate(jobs):
                assert following is not None
                reading = following
                try:
                    picture = reading.result()
                    following = start_reading(reader, jobs, number)
                    enlarged = enlarge(picture)
                    del picture
                except InputError as error:
                    report.problems[job.source] = error_message(job, error)
                    following = following if following is not reading else start_reading(reader, jobs, number)
                    enlarged = None
                if writing is not None:
                    finish(*writing, report)
                writing = None if enlarged is None else (job, write(writer, job.target, enlarged))
                del enlarged, reading
                if on_done is not None:
                    on_done(job)
            if writing is not None:
                finish(*writing, report)
        except BaseException:
            reader.shutdown(cancel_futures=True)
            raise
    return report


def start_reading(reader: ThreadPoolExecutor, jobs: Sequence[Job], number: int) -> Future[Picture] | None:
    """Start reading the file after job ``number``; return None if it is the last."""
    return reader.submit(image.read_picture, jobs[number + 1].source) if number + 1 < len(jobs) else None


def write(writer: ThreadPoolExecutor, target: Path, enlarged: Picture | Bands) -> Future[None]:
    """Start writing a file; bands, which are computed meanwhile, are written in the current thread."""
    if isinstance(enlarged, Picture):
        return writer.submit(image.write_picture, target, enlarged)
    done: Future[None] = Future()
    try:
        image.write_bands(target, enlarged)
        done.set_result(None)
    except InputError as error:
        done.set_exception(error)
    return done


def finish(job: Job, writing: Future[None], report: Report) -> None:
    """Wait until a file is written, and report the result."""
    try:
        writing.result()
        report.done += 1
    except InputError as error:
        report.problems[job.source] = error_message(job, error)
