"""RGB images are written exactly and atomically."""

import os
import stat
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.ops.quantize import to_uint8
from tests.support.rgb import noise


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["PNG", "tif", "tiff", "bmp"])
def test_lossless_round_trip_is_exact(tmp_path: Path, suffix: str, channels: int) -> None:
    pixels = torch.from_numpy(noise(9, 11, channels)).permute(2, 0, 1)
    path = tmp_path / "new" / "folder" / f"A.{suffix}"
    for source in (pixels, pixels / 255, (pixels / 255).double().requires_grad_()):
        image.write(path, source)
        assert torch.equal(to_uint8(image.read(path)), pixels.expand(3, 9, 11))
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~current_umask()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp"])
def test_lossy_files_are_close(tmp_path: Path, suffix: str) -> None:
    smooth = torch.linspace(0, 1, 64).expand(3, 32, 64)
    image.write(tmp_path / f"a.{suffix}", smooth)
    assert (image.read(tmp_path / f"a.{suffix}") - smooth).abs().max() < 0.03


def test_writing_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.webp"
    image.write(path, torch.zeros(3, 4, 4))
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"a\.webp: cannot be written \(.*16383.*\); choose another folder or format"):
        image.write(path, torch.zeros(1, 1, 17_000))
    with pytest.raises(ValueError, match="NaN"):
        image.write(path, torch.full((3, 4, 4), float("nan")))
    assert path.read_bytes() == before
    with pytest.raises(InputError, match=r"wide\.jpg: cannot be written"):
        image.write(tmp_path / "wide.jpg", torch.zeros(1, 1, 70_000))
    with pytest.raises(InputError, match=r"b\.png: cannot be written \(.*\); choose another folder"):
        image.write(path / "b.png", torch.zeros(3, 4, 4))
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=r"folder\.png: cannot be written \(Is a directory\)"):
        image.write(tmp_path / "folder.png", torch.zeros(3, 4, 4))
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        image.write(path, torch.ones(3, 4, 4))
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.webp", "folder.png"]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["a.jp2", "a", "a.png.txt"])
def test_unknown_suffixes_are_input_errors(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=rf"{name}: cannot be written as .*; use \.png, \.jpg, \.jpeg, \.webp"):
        image.write(tmp_path / name, torch.zeros(3, 4, 4))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [torch.zeros(2, 4, 4), torch.zeros(1, 3, 4, 4), torch.zeros(3, 0, 4)])
def test_other_shapes_are_errors(tmp_path: Path, wrong: Tensor) -> None:
    with pytest.raises(ValueError, match=r"shape \(3, H, W\) or \(1, H, W\), not"):
        image.write(tmp_path / "a.png", wrong)
