"""The upscale command: outputs of each kind of input, errors, and no incomplete files."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning import image
from sr_lightning.image import Picture
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscale import main
from sr_lightning.upscaling import Job, upscale_files
from tests.support.photographs import pixels, save


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs the command with bicubic x4 in an empty folder and returns status, stdout, stderr."""
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


def test_bicubic_equals_matlabs_for_a_single_file(run, tmp_path):
    save(tmp_path / "a.png", 20, 30)
    assert run("a.png") == (0, "1 of 1 images upscaled\n", "")
    expected = bicubic_to(torch.from_numpy(pixels(20, 30) / 255.0).permute(2, 0, 1), 80, 120).clamp(0, 1)
    written = image.read_picture(tmp_path / "a-x4.png").pixels
    assert np.abs(written / 255.0 - expected.permute(1, 2, 0).numpy()).max() < 0.502 / 255
    assert run("a.png", "--output", "new/b.tif", "--outscale", 1.5)[0] == 0
    assert image.read_picture(tmp_path / "new" / "b.tif").pixels.shape == (30, 45, 3)


def test_folders_keep_their_structure_and_bad_files_do_not_stop_the_rest(run, tmp_path):
    for name in ("photos/a.png", "photos/deep/er/b.jpg", "photos/c.bmp"):
        save(tmp_path / name, 8, 9)
    torn = tmp_path / "photos" / "deep" / "torn.png"
    torn.write_bytes((tmp_path / "photos" / "a.png").read_bytes()[:100])
    (tmp_path / "photos" / "empty.png").touch()
    status, out, errors = run("photos", "--output", "big")
    assert (status, errors) == (1, "")
    *problems, summary = out.splitlines()
    assert summary == "3 of 5 images upscaled, 2 failed"
    assert [line.split(": ")[0] for line in sorted(problems)] == ["photos/deep/torn.png", "photos/empty.png"]
    assert files(tmp_path / "big") == ["a.png", "c.bmp", "deep/er/b.jpg"]
    torn.unlink()
    (tmp_path / "photos" / "empty.png").unlink()
    assert run("photos")[0] == 0
    assert files(tmp_path / "photos-x4") == ["a.png", "c.bmp", "deep/er/b.jpg"]


def test_existing_outputs_are_kept_without_overwrite(run, tmp_path):
    for name in ("a.png", "b.png"):
        save(tmp_path / "in" / name, 8, 9)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"mine")
    summary = "1 of 2 images upscaled, 1 already existed (use --overwrite to replace them)\n"
    assert run("in", "--output", "out") == (0, summary, "")
    assert (tmp_path / "out" / "a.png").read_bytes() == b"mine"
    assert run("in", "--output", "out", "--overwrite") == (0, "2 of 2 images upscaled\n", "")
    assert image.read_picture(tmp_path / "out" / "a.png").pixels.shape == (32, 36, 3)


def test_standard_input_and_output(run, tmp_path, monkeypatch):
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


def test_images_in_unsupported_formats_are_reported(run, tmp_path):
    for name in ("in/a.png", "in/b.HEIC", "in/c.jp2", "in/deep/d.jp2", "in/note.txt", "in/e.avi"):
        save(tmp_path / "in" / "any.png", 4, 4)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / "any.png").rename(tmp_path / name)  # note.txt, too, begins like an image
    status, out, errors = run("in", "--output", "out")
    assert (status, out) == (0, "1 of 1 images upscaled\n")
    counts = "1 .avi, 1 .heic, 2 .jp2, 1 .txt"
    assert f"left out 5 files in unsupported formats: {counts}; convert them" in " ".join(errors.split())
    status, out, errors = run("in/*.*", "--output", "out2")
    assert (status, out) == (0, "1 of 1 images upscaled\n")
    assert "1 .avi, 1 .heic, 1 .jp2" in " ".join(errors.split())


def test_a_dry_run_lists_outputs_and_writes_nothing(run, tmp_path):
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
        ["a.png", "--output", "new.jp2"],
        ["a.png", "b.png", "--output", "file"],
        ["a.png", "--output", "file/deep/c.png"],
        ["a.png", "--compare", "file/page.html"],
        ["-", "--output", "file/c.png"],
        ["-", "--output", "b.xyz"],
        ["-", "--output", "b.png"],
        ["film.mp4", "--output", "-"],
    ],
)
def test_unwritable_outputs_are_errors_before_the_network_runs(run, tmp_path, monkeypatch, arguments):
    for name in ("a.png", "b.png"):
        save(tmp_path / name, 4, 4)
    for name in ("file", "film.mp4"):
        (tmp_path / name).touch()
    before = files(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((tmp_path / "a.png").read_bytes())))
    for function in ("upscale.upscale_picture", "upscale_progress.upscale_to_write"):
        monkeypatch.setattr(f"sr_lightning.commands.{function}", lambda *_: pytest.fail("the network has run"))
    status, out, errors = run(*arguments)
    assert (status, out, errors.count("\n")) == (1, "", 1)
    assert files(tmp_path) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write everywhere")
def test_a_read_only_folder_is_an_error_before_the_network_runs(run, tmp_path):
    save(tmp_path / "a.png", 4, 4)
    (tmp_path / "out").mkdir(mode=0o555)
    status, out, errors = run("a.png", "--output", "out")
    assert (status, out) == (1, "")
    assert "permission denied in" in errors


def test_an_interruption_leaves_only_complete_files(tmp_path):
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
    ("arguments", "status", "message"),
    [
        (["a.png", "--tile", "20"], 1, "tile must be at least 36"),
        (["a.png", "--tile", "0"], 2, "must be a whole number above zero"),
        (["a.png", "--outscale", "nan"], 2, "must be a number above zero, not 'nan'"),
        (["a.png", "--device", "abacus"], 1, "abacus"),
        (["a.png", "--format", "gif"], 2, "invalid choice: 'gif'"),
        (["-", "a.png"], 1, "only a single input is allowed"),
        ([], 2, "INPUT"),
    ],
)
def test_wrong_arguments_are_one_line(run, tmp_path, arguments, status, message):
    save(tmp_path / "a.png", 4, 4)
    actual, out, errors = run(*arguments)
    assert (actual, out, errors.count("\n")) == (status, "", 1)
    assert message in errors
    assert files(tmp_path) == ["a.png"]


def test_the_default_network_is_named_with_a_stronger_one(tmp_path, monkeypatch, capsys):
    """In one line, without a download; a chosen network needs no such line."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", 4, 4)
    assert main(["a.png"]) == 0
    errors = " ".join(capsys.readouterr().err.split())
    assert "Network: small-x4, part of the package. Stronger: --weights realesrgan-x4plus" in errors
    assert image.size(tmp_path / "a-x4.png") == (16, 16)
    assert main(["a.png", "--weights", "bicubic", "--overwrite"]) == 0
    assert capsys.readouterr().err == ""
