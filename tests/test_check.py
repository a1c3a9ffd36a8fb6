"""The command that finds bad images before training."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_lightning.check import main


def make(path: Path, width: int, height: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "sr_lightning.check", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode, result.stdout, result.stderr


def test_the_status_is_0_if_all_images_are_fine(tmp_path: Path) -> None:
    make(tmp_path / "hr" / "a.png", 40, 32)
    make(tmp_path / "lr" / "ax4.png", 10, 8)
    assert run(tmp_path / "hr", "--lr", tmp_path / "lr", "--minimum", 32) == (0, "2 of 2 images are fine\n", "")


def test_every_bad_file_is_listed_and_the_status_is_1(tmp_path: Path) -> None:
    hr, lr = tmp_path / "hr", tmp_path / "lr"
    for name in ("good", "wrong", "alone", "torn"):
        make(hr / f"{name}.png", 40, 32)
    for name in ("good", "orphan", "torn"):
        make(lr / f"{name}.png", 10, 8)
    make(lr / "wrong.png", 10, 9)
    make(hr / "small.png", 16, 32)
    make(lr / "small.png", 4, 8)
    (hr / "torn.png").write_bytes((hr / "torn.png").read_bytes()[:1000])  # its header is intact; only decoding fails
    status, output, errors = run(hr, "--lr", lr, "--scale", 4, "--minimum", 32)
    assert (status, errors) == (1, "")
    *lines, summary = output.splitlines()
    assert summary == "5 of 10 images are fine"
    starts = [
        f"{hr}/alone.png: has no partner",
        f"{hr}/small.png: is 16x32 pixels, smaller than 32;",
        f"{hr}/torn.png: cannot be decoded (",
        f"{lr}/orphan.png: has no partner",
        f"{lr}/wrong.png: is 10x9 pixels, expected 10x8",
    ]
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)


def test_a_missing_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    assert run(missing) == (1, "", f"{missing}: cannot be found; check the path\n")


@pytest.mark.parametrize("arguments", [[], ["a", "--scale", "0"], ["a", "--minimum", "many"], ["a", "--unknown"]])
def test_wrong_arguments_are_reported_in_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_file_name_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    try:
        bad.touch()
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    status, output, errors = run(tmp_path)
    assert (status, errors) == (1, "")
    assert output.endswith("/caf\\udce9.png: is an empty file; replace or remove it\n0 of 1 images are fine\n")


def test_left_out_files_and_dropped_bits_are_counted(tmp_path: Path) -> None:
    make(tmp_path / "a.png", 8, 8)
    Image.fromarray(np.zeros((8, 8), np.uint16)).save(tmp_path / "deep.png")
    (tmp_path / "b.heic").touch()
    status, output, errors = run(tmp_path)
    assert (status, errors) == (0, "")
    left_out, deep, summary = output.splitlines()
    assert left_out.startswith(f"{tmp_path}: left out 1 file in unsupported formats: 1 .heic; convert them to one of ")
    assert deep == "1 of 2 images have 16 bits; training and evaluation round them to 8"
    assert summary == "2 of 2 images are fine"
