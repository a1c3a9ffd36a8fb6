"""Progress bars of the ``upscale`` command."""

from collections.abc import Mapping, Sequence
from functools import partial

from rich.console import Console
from rich.progress import Progress

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

LONGEST_NAME = 30  # characters


class ImagesBar:
    """Progress bar over the pixels of all images.

    Args:
        progress: display of the bar.
        sizes: number of pixels of each image to be upscaled.
    """

    def __init__(self, progress: Progress, sizes: Mapping[Job, int]) -> None:
        self.progress = progress
        self.sizes = sizes
        self.finished = 0
        self.bar = progress.add_task("Upscaling", total=sum(sizes.values()))

    def advance(self, count: int) -> None:
        """Add upscaled pixels of the current image."""
        self.progress.advance(self.bar, count)

    def finish(self, job: Job) -> None:
        """Add all pixels of an image, which may have failed, and show its name."""
        self.finished += self.sizes[job]
        self.progress.update(self.bar, completed=self.finished, description=short_name(job))

    def hide(self) -> None:
        """Remove the bar from the display."""
        self.progress.update(self.bar, visible=False)


class FramesBar:
    """Progress bar over the frames of one video after another.

    Args:
        progress: display of the bar, which appears with the first frame.
    """

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.bar = progress.add_task("Upscaling", visible=False)

    def advance(self, job: Job, total: int) -> None:
        """Add a frame of a video that has ``total`` frames; a new video starts a new bar."""
        task = next(task for task in self.progress.tasks if task.id == self.bar)
        if task.description != (name := short_name(job)):
            self.progress.reset(self.bar, total=total, description=name, visible=True)
        self.progress.advance(self.bar)


def short_name(job: Job) -> str:
    """Return the end of the name of a job's input."""
    return printable(job.source.name)[-LONGEST_NAME:]


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
    images, videos = ([job for job in jobs if job.is_video is moving] for moving in (False, True))
    with Progress(*COLUMNS, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = ImagesBar(progress, {job: checked.pixels[job.source] for job in images})
        to_write = partial(upscale_to_write, upscaler, outscale=outscale, on_progress=bar.advance)
        report = upscale_files(images, to_write, bar.finish, Checked())
        bar.hide()
        upscale_videos(
            videos, partial(upscale_picture, upscaler, outscale=outscale), report, FramesBar(progress).advance
        )
        return report
