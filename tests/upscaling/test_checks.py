"""Every input and output is checked before the network runs, and a dry run shows the same."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_lightning import image
from sr_lightning.image import Picture
from sr_lightning.upscale import main
from sr_lightning.upscaling import check_files, plan, upscale_files
from tests.support.photographs import pixels, save


def wide(path: Path, side: int = 4200) -> Path:
    Image.new("RGB", (side, 4), (200, 30, 30)).save(path)
    return path


def clear(path: Path) -> Path:
    Image.new("RGBA", (8, 8), (200, 30, 30, 90)).save(path)
    return path


def torn(path: Path) -> Path:
    content = save(path, 30, 30).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def long_name(path: Path) -> Path:
    return save(path.with_name("n" * 250 + ".png"), 4, 4)


FAULTS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "too wide for WebP": (
        wide,
        ".webp",
        "cannot be written as WEBP (16800x16 pixels, at most 16383 in each direction)",
    ),
    "too wide for JPEG": (
        lambda p: wide(p, 17000),
        ".jpg",
        "cannot be written as JPEG (68000x16 pixels, at most 65500",
    ),
    "alpha into JPEG": (clear, ".jpg", "JPEG cannot hold its transparency; use png, webp or tif"),
    "alpha into JFIF": (clear, ".jfif", "JPEG cannot hold its transparency"),
    "alpha into BMP": (clear, ".bmp", "BMP cannot hold its transparency"),
    "truncated": (torn, ".png", "cannot be decoded ("),
    "long name": (long_name, ".png", "a name of 257 bytes is too long, at most 255 are possible; choose a shorter one"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_would_fail_is_found_before_the_network_runs(fault, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make, suffix, message = FAULTS[fault]
    sources = [str(save(Path("a.png"), 4, 5)), str(make(Path("bad.png"))), str(save(Path("c.png"), 6, 4))]
    jobs = plan(sources, None if fault == "long name" else "out", "4", lambda path: suffix)
    running = []

    def enlarge(picture: Picture) -> Picture:
        running.append(picture.pixels.shape[:2])
        return picture

    problems = check_files(jobs).problems
    assert list(problems) == [Path(sources[1])]
    assert message in problems[Path(sources[1])]
    assert "\n" not in problems[Path(sources[1])]
    report = upscale_files(jobs, enlarge)
    assert report.problems == problems
    assert (report.done, running) == (2, [(4, 5), (6, 4)])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_dry_run_shows_what_a_run_reports(fault, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make, suffix, message = FAULTS[fault]
    bad = make(Path("bad.png"))
    save(Path("a.png"), 4, 5)
    arguments = [str(bad), "a.png", "--weights", "bicubic", "--device", "cpu"]
    if suffix in (".jfif", ".bmp"):
        arguments += ["--format", {".jfif": "jpg"}.get(suffix, suffix[1:])]
    elif fault != "long name":
        arguments += ["--format", suffix[1:]]
    assert main([*arguments, "--dry-run"]) == 1
    problem, plan_line, summary = capsys.readouterr().out.splitlines()
    assert message in problem
    assert plan_line.startswith("a.png -> a-x4")
    assert summary == "1 of 2 would be upscaled, 1 cannot be"
    assert main(arguments) == 1
    assert capsys.readouterr().out.splitlines() == [problem, "1 of 2 images upscaled, 1 failed"]


def test_losses_are_one_line_with_a_count(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # those of other commands in this process
    for name in ("a.png", "b.png"):
        image.write_picture(name, Picture(pixels(8, 9).astype(np.uint16) * 257))
    save(Path("c.png"), 8, 9)
    arguments = ["a.png", "b.png", "c.png", "--weights", "bicubic", "--device", "cpu"]
    assert main([*arguments, "--format", "jpg", "--dry-run"]) == 0
    error = " ".join(capsys.readouterr().err.split())
    assert error.count("2 images: 16 bits are rounded to 8 in JPEG; png and tif keep them") == 1
    assert main([*arguments, "--dry-run"]) == 0
    assert capsys.readouterr().err == ""


def test_the_name_of_an_output_folder_can_be_too_long(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(Path("a.png"), 4, 4)
    with pytest.raises(SystemExit) as stopped:
        main(["a.png", "--output", "f" * 300, "--weights", "bicubic", "--device", "cpu"])
    assert stopped.value.code == 1
    assert "a name of 300 bytes is too long, at most 255 are possible" in capsys.readouterr().err


def test_an_image_that_needs_more_memory_than_is_free_is_reported_with_an_estimate(tmp_path, monkeypatch):
    source = save(tmp_path / "a.png", 10, 20)
    monkeypatch.setattr("sr_lightning.upscaling.checks.free_memory", lambda device: 1000)
    checked = check_files(plan([str(source)], str(tmp_path / "out"), "4", lambda path: ".png"))
    assert checked.problems == {}
    (warning,) = checked.warnings()
    assert warning.startswith("1 image: needs about ")
