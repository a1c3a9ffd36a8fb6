"""Damaged, missing and unsupported files are errors of one line."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_lightning import image
from sr_lightning.errors import InputError
from tests.support.rgb import GRAYS, picture


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("suffix", "options", "trailer"),
    [
        ("png", {}, 24),  # bytes after the last pixel: end of the zlib stream, checksum, IEND
        ("jpg", {}, 0),
        ("jpg", {"progressive": True}, 0),
        ("webp", {}, 0),
        ("gif", {}, 2),
        ("tif", {}, 0),
        ("ppm", {}, 0),
    ],
)
def test_truncated_files_are_input_errors(tmp_path: Path, suffix: str, options: dict[str, bool], trailer: int) -> None:
    path = tmp_path / f"photo.{suffix}"
    Image.fromarray(picture(40, 50)).save(path, **options)
    intact, expected = path.read_bytes(), image.read_bytes(path)
    cuts = {*range(0, len(intact), max(1, len(intact) // 80)), *range(len(intact) - 30, len(intact))}
    for cut in cuts:
        path.write_bytes(intact[:cut])
        if cut < len(intact) - trailer:
            with pytest.raises(InputError, match=rf"photo\.{suffix}: .*; replace or remove it$"):
                image.read_bytes(path)
        else:  # all pixels are there: an error, or the same image
            try:
                pixels = image.read_bytes(path)
            except InputError:
                continue
            assert np.array_equal(pixels, expected)


@pytest.mark.filterwarnings("ignore")  # pytest replaces the filters of the package
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "tif", "bmp", "ppm"])
def test_damaged_files_raise_only_input_errors(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # damaged sizes are large
    path = tmp_path / f"photo.{suffix}"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(20, 24)).save(path, exif=exif)
    intact = path.read_bytes()
    generator = np.random.default_rng(1)
    refused = []
    for _ in range(150):
        damaged = np.frombuffer(intact, np.uint8).copy()
        where = generator.integers(0, min(len(intact), 400), 3)
        damaged[where] = generator.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            image.read_bytes(path)
        except InputError as error:
            refused.append(str(error))
    assert refused
    assert all(message.startswith(f"{path}: ") and "\n" not in message for message in refused)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file; replace or remove it"),
        (b"A list of the photographs\n", "is not an image, or its header is damaged; replace or remove it"),
        (np.random.default_rng(0).bytes(5000), "is not an image, or its header is damaged; replace or remove it"),
        (b"P6 0 4 255\n", "is not an image, or its header is damaged; replace or remove it"),
        (
            b"P6 20000 20000 255\n",
            "has a damaged header (20000x20000 pixels, too many for the size of the file); replace or remove it",
        ),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 5 5\n", "is not an image, or its header is damaged"),
    ],
)
def test_other_files_are_input_errors(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for function in (image.read_bytes, image.read, image.size):
        with pytest.raises(InputError) as caught:
            function(path)
        assert str(caught.value).startswith(f"{path}: {message}")
        assert "\n" not in str(caught.value)


def test_missing_files_and_folders_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.png: cannot be opened \(No such file or directory\)"):
        image.read_bytes(tmp_path / "missing.png")
    with pytest.raises(InputError, match=r": cannot be opened \(Is a directory\); check the path and its permissions"):
        image.size(tmp_path)


def test_unreadable_files_are_input_errors(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.touch(mode=0o000)
    if os.access(secret, os.R_OK):
        pytest.skip("this user can read every file")
    with pytest.raises(InputError, match=r"secret\.png: cannot be opened \(Permission denied\)"):
        image.read_bytes(secret)


def test_warnings_of_pillow_are_silenced(tmp_path: Path) -> None:
    file = Image.fromarray(GRAYS, "P")
    file.putpalette(bytes(768))
    file.save(tmp_path / "palette.png", transparency=bytes(256))
    broken_exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03\0\0\0\x01\0\x06"
    Image.fromarray(GRAYS).save(tmp_path / "exif.jpg", exif=broken_exif)
    Image.new("1", (10_000, 10_000)).save(tmp_path / "large.png")  # above Pillow's limit for a warning
    code = "import sys; from sr_lightning import image; [image.size(p) or image.read_bytes(p) for p in sys.argv[1:]]"
    paths = [str(path) for path in sorted(tmp_path.iterdir())]
    result = subprocess.run([sys.executable, "-W", "always", "-c", code, *paths], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
