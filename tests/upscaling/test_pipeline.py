"""Reading, upscaling and writing run concurrently."""

import threading
from pathlib import Path

import numpy as np

from sr_lightning import image
from sr_lightning.image import Picture
from sr_lightning.upscaling import Job, upscale_files
from tests.support.photographs import save


def test_files_are_read_and_written_while_the_network_runs(tmp_path, monkeypatch):
    """Reading and writing wait until the network processes another image; a sequential pipeline would time out."""
    jobs = [Job(save(tmp_path / f"{i}.png", 4, 4, seed=i), tmp_path / "out" / f"{i}.png") for i in range(3)]
    read, write = image.read_picture, image.write_picture
    reading, working, late = [threading.Event() for _ in jobs], [threading.Event() for _ in jobs], []

    def wait(event: threading.Event, name: str) -> None:
        if not event.wait(10):
            late.append(name)

    def reads(path: Path) -> Picture:
        reading[int(path.stem)].set()
        return read(path)

    def writes(path: Path, picture: Picture) -> None:
        if path.stem != "2":
            wait(working[int(path.stem) + 1], f"the network during the writing of {path.name}")
        write(path, picture)

    def enlarge(picture: Picture) -> Picture:
        number = next(i for i, event in enumerate(working) if not event.is_set())
        working[number].set()
        if number < 2:
            wait(reading[number + 1], f"the reading of {number + 1}.png")
        return picture

    monkeypatch.setattr(image, "read_picture", reads)
    monkeypatch.setattr(image, "write_picture", writes)
    report = upscale_files(jobs, enlarge)
    assert (report.done, report.problems, late) == (3, {}, [])
    for job in jobs:
        assert np.array_equal(read(job.target).pixels, read(job.source).pixels)
