"""Progress bars of the ``upscale`` command."""

from collections.abc import Sequence
from functools import partial

from rich.console import Console
from rich.progress import Progress

from sr_lightning import image
from sr_lightning.cli.argument_types import printable
from sr_lightning.commands.upscale_page import COLUMNS
from sr_lightning.upscaling import (
    Checked,
    Job,
    Report,
    Upscaler,
    check_files,
    upscale_files,
    upscale_picture,
    upscale_to_write,
    upscale_videos,
)


def show_check(jobs: Sequence[Job], scale: int, console: Console) -> Checked:
    """Check all files and their outputs before the network runs, with a progress bar."""
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Checking", total=len(jobs))
        return check_files(jobs, lambda job: progress.advance(bar), scale)


def show_upscaling(
    jobs: Sequence[Job], checked: Checked, upscaler: Upscaler, outscale: float | None, console: Console
) -> Report:
    """Upscale with a progress bar over the pixels of all images, then over the frames of each video.

    Args:
        jobs: that passed the check.
        checked: result of the check.
        upscaler: the network.
        outscale: output size over input size, or None.
        console: to draw on.
    """
    stills, films = ([job for job in jobs if job.is_video is moving] for moving in (False, True))
    sizes = {job: checked.pixels[job.source] for job in stills}
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("Upscaling", total=sum(sizes.values()))
        finished = 0

        def enlarge(picture: image.Picture) -> image.Picture | image.Bands:
            return upscale_to_write(upscaler, picture, outscale, lambda count: progress.advance(bar, count))

        def on_done(job: Job) -> None:
            nonlocal finished
            finished += sizes[job]  # also for a failed file
            progress.update(bar, completed=finished, description=printable(job.source.name)[-30:])

        def on_frame(job: Job, total: int) -> None:
            if progress.tasks[film].description != (name := printable(job.source.name)[-30:]):
                progress.reset(film, total=total, description=name, visible=True)
            progress.advance(film)

        report = upscale_files(stills, enlarge, on_done, Checked())
        progress.update(bar, visible=False)
        film = progress.add_task("Upscaling", visible=False)
        frame = partial(upscale_picture, upscaler, outscale=outscale)
        upscale_videos(films, frame, report, on_frame)
        return report
