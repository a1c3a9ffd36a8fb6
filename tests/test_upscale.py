"""The command that enlarges files: what becomes of each, and that nothing is ever half there."""

import io
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.image import Picture
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscale import main
from sr_lightning.upscaling import Job, plan, upscale_files
from tests.support.photographs import pixels, save


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder with bicubic x4; returns its status and what it printed on both streams."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main(
                [
                    *map(str, arguments),
                    "--weights",
                    "bicubic",
                    *([] if "--device" in arguments else ["--device", "cpu"]),
                ]
            )
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        return status, *capsys.readouterr()

    return call


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def same_name(path: Path) -> str:
    return path.suffix


def test_one_file_is_matlabs_bicubic(run, tmp_path):
    save(tmp_path / "a.png", 20, 30)
    assert run("a.png") == (0, "1 of 1 images upscaled\n", "")
    expected = bicubic_to(torch.from_numpy(pixels(20, 30) / 255.0).permute(2, 0, 1), 80, 120).clamp(0, 1)
    written = image.read_picture(tmp_path / "a-x4.png").pixels
    assert np.abs(written / 255.0 - expected.permute(1, 2, 0).numpy()).max() < 0.502 / 255
    assert run("a.png", "--output", "new/b.tif", "--outscale", 1.5)[0] == 0
    assert image.read_picture(tmp_path / "new" / "b.tif").pixels.shape == (30, 45, 3)


def test_a_folder_keeps_its_structure_and_a_bad_file_does_not_stop_it(run, tmp_path):
    for name in ("photos/a.png", "photos/deep/er/b.jpg", "photos/c.bmp"):
        save(tmp_path / name, 8, 9)
    torn = tmp_path / "photos" / "deep" / "torn.png"
    torn.write_bytes((tmp_path / "photos" / "a.png").read_bytes()[:100])
    (tmp_path / "photos" / "empty.png").touch()
    status, out, errors = run("photos", "--output", "big")
    assert (status, errors) == (1, "")
    *problems, summary = out.splitlines()
    assert summary == "3 of 5 images upscaled, 2 could not be"
    assert [line.split(": ")[0] for line in sorted(problems)] == ["photos/deep/torn.png", "photos/empty.png"]
    assert files(tmp_path / "big") == ["a.png", "c.bmp", "deep/er/b.jpg"]
    torn.unlink()
    (tmp_path / "photos" / "empty.png").unlink()
    assert run("photos")[0] == 0
    assert files(tmp_path / "photos-x4") == ["a.png", "c.bmp", "deep/er/b.jpg"]


def test_what_is_there_is_kept_unless_asked(run, tmp_path):
    for name in ("a.png", "b.png"):
        save(tmp_path / "in" / name, 8, 9)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"mine")
    summary = "1 of 2 images upscaled, 1 were there already (--overwrite makes them again)\n"
    assert run("in", "--output", "out") == (0, summary, "")
    assert (tmp_path / "out" / "a.png").read_bytes() == b"mine"
    assert run("in", "--output", "out", "--overwrite") == (0, "2 of 2 images upscaled\n", "")
    assert image.read_picture(tmp_path / "out" / "a.png").pixels.shape == (32, 36, 3)


def test_pipes(run, tmp_path, monkeypatch):
    source = image.encode(Picture(pixels(6, 7)), ".webp")
    for arguments, expected in ((["-"], "WEBP"), (["-", "--output", "-", "--format", "png"], "PNG")):
        out = io.BytesIO()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(source)))
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
        assert main([*arguments, "--weights", "bicubic", "--device", "cpu"]) == 0
        with Image.open(io.BytesIO(out.getvalue())) as file:
            assert (file.format, file.size) == (expected, (28, 24))
    monkeypatch.undo()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"no image")))
    status, _, errors = run("-")
    assert status == 1
    assert errors.startswith("standard input: is not an image")


def test_plan_names_every_target_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.png", "in/a.jpg", "in/sub/b.png", "other/b.png", "in/big/old.png"):
        save(tmp_path / name, 4, 4)

    def planned(inputs: list[str], output: str | None, suffix: str = "") -> dict[str, str]:
        return {
            str(job.source): str(job.target) for job in plan(inputs, output, "4", lambda path: suffix or path.suffix)
        }

    assert planned(["in"], "in/big", ".png") == {
        "in/a.jpg": "in/big/a-jpg.png",
        "in/a.png": "in/big/a-png.png",
        "in/sub/b.png": "in/big/sub/b.png",
    }
    assert planned(["in/*.png", "in/a.png"], None) == {"in/a.png": "in/a-x4.png"}
    assert planned(["in/sub", "other/"], None) == {"in/sub/b.png": "in/sub-x4/b.png", "other/b.png": "other-x4/b.png"}


def test_a_name_is_changed_only_where_two_files_want_it(tmp_path, monkeypatch):
    """A photograph keeps its name beside a film or a JPEG of the same name: what is there already must be found."""
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.jpg", "in/a.mp4", "in/a.png", "in/b.gif", "in/b.png", "in/c.TIF", "in/c.tif"):
        save(tmp_path / "in" / "any.png", 4, 4).rename(tmp_path / name)
    jobs = plan(["in"], "out", "4", lambda path: ".png" if path.suffix == ".gif" else path.suffix.lower())
    assert {job.source.name: job.target.name for job in jobs} == {
        "a.jpg": "a.jpg",
        "a.mp4": "a.mp4",
        "a.png": "a.png",
        "b.gif": "b-gif.png",
        "b.png": "b-png.png",
        "c.TIF": "c-TIF.tif",
        "c.tif": "c-tif.tif",
    }


def test_pictures_that_are_not_read_are_told(run, tmp_path):
    for name in ("in/a.png", "in/b.HEIC", "in/c.avif", "in/deep/d.avif", "in/note.txt", "in/e.avi"):
        save(tmp_path / "in" / "any.png", 4, 4)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / "any.png").rename(tmp_path / name)
    status, out, errors = run("in", "--output", "out")
    assert (status, out) == (0, "1 of 1 images upscaled\n")
    assert "formats that are not read: 1 .avi, 2 .avif, 1 .heic" in " ".join(errors.split())
    status, out, errors = run("in/*.*", "--output", "out2")
    assert (status, out) == (0, "1 of 1 images upscaled\n")
    assert "1 .avi, 1 .avif, 1 .heic" in " ".join(errors.split())


def test_a_dry_run_tells_and_writes_nothing(run, tmp_path):
    for name in ("in/a.png", "in/deep/b.jpg"):
        save(tmp_path / name, 4, 4)
    run("in/a.png", "--output", "out")
    expected = "in/deep/b.jpg -> out/deep/b.png\n1 of 2 would be upscaled\n"
    assert run("in", "--output", "out", "--format", "png", "--dry-run") == (0, expected, "")
    assert files(tmp_path / "out") == ["a.png"]
    assert run("-", "--dry-run")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.png", "--output", "a.ppm"],
        ["a.png", "--output", "new.avif"],
        ["a.png", "b.png", "--output", "file"],
        ["a.png", "--output", "file/deep/c.png"],
        ["a.png", "--compare", "file/page.html"],
        ["-", "--output", "file/c.png"],
        ["-", "--output", "b.xyz"],
        ["-", "--output", "b.png"],
        ["film.mp4", "--output", "-"],
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(run, tmp_path, monkeypatch, arguments):
    for name in ("a.png", "b.png"):
        save(tmp_path / name, 4, 4)
    for name in ("file", "film.mp4"):
        (tmp_path / name).touch()
    before = files(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tmp_path / "a.png").read_bytes())))
    monkeypatch.setattr("sr_lightning.upscale.upscale_picture", lambda *_: pytest.fail("the work has begun"))
    status, out, errors = run(*arguments)
    assert (status, out, errors.count("\n")) == (1, "", 1)
    assert files(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_refused_before_the_work(run, tmp_path):
    save(tmp_path / "a.png", 4, 4)
    (tmp_path / "out").mkdir(mode=0o555)
    status, out, errors = run("a.png", "--output", "out")
    assert (status, out) == (1, "")
    assert "no right to write in" in errors


@pytest.mark.parametrize(
    ("inputs", "output", "told"),
    [
        (["in/sub/b.png", "other/b.png"], "out", "would both become out/b.png; upscale them into different folders"),
        (["in"], "in", "--output in: is the input folder"),
        (["in/a.png"], "in/a.png", "would overwrite the input in/a.png"),
        (["in", "other"], "one.png", "--output one.png: is one file, for 3 images"),
        (["in/*.tif"], None, "no file matches"),
        (["in/*.txt"], None, "in/*.txt: matches no image of a kind that is read; accepted are .bmp, "),
        (["missing"], None, "missing: cannot be found"),
    ],
)
def test_plans_that_would_lose_something_are_refused(tmp_path, monkeypatch, inputs, output, told):
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.png", "in/sub/b.png", "other/b.png"):
        save(tmp_path / name, 4, 4)
    (tmp_path / "in" / "note.txt").touch()
    with pytest.raises(InputError) as caught:
        plan(inputs, output, "4", same_name)
    assert told in str(caught.value)


def test_the_next_is_read_and_the_last_is_written_while_the_network_works(tmp_path, monkeypatch):
    """Each waits for the network to be at work on another picture: one after the other, none would ever go on."""
    jobs = [Job(save(tmp_path / f"{i}.png", 4, 4, seed=i), tmp_path / "out" / f"{i}.png") for i in range(3)]
    read, write = image.read_picture, image.write_picture
    reading, working, late = [threading.Event() for _ in jobs], [threading.Event() for _ in jobs], []

    def wait(event: threading.Event, what: str) -> None:
        if not event.wait(10):
            late.append(what)

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


def test_an_interruption_leaves_whole_files_alone(tmp_path):
    jobs = [Job(save(tmp_path / "in" / f"{i}.png", 4, 4), tmp_path / "out" / f"{i}.png") for i in range(5)]
    count = 0

    def enlarge(picture: Picture) -> Picture:
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return picture

    with pytest.raises(KeyboardInterrupt):
        upscale_files(jobs, enlarge)
    assert files(tmp_path / "out") == ["0.png", "1.png"]
    assert all(image.read_picture(path).pixels.shape == (4, 4, 3) for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["a.png", "--tile", "20"], 1, "tile must be at least 36"),
        (["a.png", "--tile", "0"], 2, "must be a whole number above zero"),
        (["a.png", "--outscale", "nan"], 2, "must be a number above zero, not 'nan'"),
        (["a.png", "--device", "abacus"], 1, "abacus"),
        (["a.png", "--format", "gif"], 2, "invalid choice: 'gif'"),
        (["-", "a.png"], 1, "goes with one input alone"),
        ([], 2, "INPUT"),
    ],
)
def test_wrong_arguments_are_one_line(run, tmp_path, arguments, status, told):
    save(tmp_path / "a.png", 4, 4)
    found, out, errors = run(*arguments)
    assert (found, out, errors.count("\n")) == (status, "", 1)
    assert told in errors
    assert files(tmp_path) == ["a.png"]
