"""Progress bars of the ``upscale`` command."""

from collections.abc import Sequence
from pathlib import Path

from rich.progress import Progress

from sr_lightning import image
from sr_lightning.cli.argument_types import printable
from sr_lightning.errors import InputError
from sr_lightning.upscaling import Job

LONGEST_NAME = 30  # characters


class ImagesBar:
    """Progress bar over the pixels of all images.

    Args:
        progress: display of the bar.
        jobs: images to be upscaled.
    """

    def __init__(self, progress: Progress, jobs: Sequence[Job]) -> None:
        self.progress = progress
        self.sizes = {job: pixels(job.source) for job in jobs}
        self.finished = 0
        self.bar = progress.add_task("Upscaling", total=sum(self.sizes.values()))

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
        if self.progress.tasks[self.bar].description != (name := short_name(job)):
            self.progress.reset(self.bar, total=total, description=name, visible=True)
        self.progress.advance(self.bar)


def short_name(job: Job) -> str:
    """Return the end of the name of a job's input."""
    return printable(job.source.name)[-LONGEST_NAME:]


def pixels(path: Path) -> int:
    """Return the number of pixels of an image from its header; 0 for unreadable files, which are reported later."""
    try:
        height, width = image.size(path)
    except InputError:
        return 0
    return height * width
