"""Damaged files through the command line: each becomes a whole output or one line, and nothing else is left."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr_lightning import image, video, weights
from sr_lightning.image import Picture
from sr_lightning.system import tensor_files
from sr_lightning.upscale import main
from tests.support.networks import RECIPE, described, rrdbnet
from tests.support.photographs import pixels, save
from tests.support.videos import film


def damaged(whole: bytes, count: int, head: int = 400) -> Iterator[bytes]:
    """Nothing, noise, a text, truncations, and bytes overwritten near the beginning and anywhere."""
    rng = np.random.default_rng(len(whole))
    yield from (b"", rng.bytes(300), b"<!DOCTYPE html>", whole[:12] + rng.bytes(len(whole)))
    yield from (whole[: len(whole) * number // count] for number in range(1, count))
    for number in range(count):
        content = np.frombuffer(whole, np.uint8).copy()
        end = min(len(whole), head) if number % 2 else len(whole)
        content[rng.integers(0, end, 4)] = rng.integers(0, 256, 4)
        yield content.tobytes()


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """The command's status and what it printed on both streams."""
    try:
        status = main([*map(str, arguments), "--device", "cpu"])
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    return status, *capsys.readouterr()


@pytest.mark.filterwarnings("ignore")
def test_damaged_pictures_and_videos(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # damaged sizes are large
    Path("in").mkdir()
    wholes = {}
    for kind in ("png", "jpg", "webp", "tif", "bmp"):
        wholes[kind] = image.encode(Picture(pixels(20, 24)), f".{kind}")
    for kind in ("png", "tif"):
        wholes[f"deep-{kind}"] = image.encode(Picture(pixels(20, 24).astype(np.uint16) * 257), f".{kind}")
    for kind in ("mp4", "mkv"):
        wholes[kind] = film(tmp_path / f"a.{kind}").read_bytes()
    for kind, whole in wholes.items():
        for number, content in enumerate(damaged(whole, 4 if kind in ("mp4", "mkv") else 16)):
            Path(f"in/{kind}-{number:02d}.{kind.split('-')[-1]}").write_bytes(content)
    sources = sorted(Path("in").iterdir())
    status, out, _ = run(capfd, "in", "--output", "out", "--weights", "bicubic")
    *problems, summary = out.splitlines()
    assert status == 1
    assert summary == f"{len(sources) - len(problems)} of {len(sources)} files upscaled, {len(problems)} failed"
    refused = {source for source in sources if any(line.startswith((f"{source}: ", f"out/{source.name}: "))
                                                   for line in problems)}  # fmt: skip
    assert len(refused) == len(problems) > len(sources) / 2
    assert sorted(path.name for path in Path("out").iterdir()) == [s.name for s in sources if s not in refused]
    monkeypatch.undo()
    for path in (tmp_path / "out").iterdir():
        if path.suffix not in video.EXTENSIONS:
            assert image.read_picture(path).pixels.size > 0
        else:
            assert video.probe(path).frames > 0


def checkpoint(path: Path) -> bytes:
    """Of this library, with its recipe."""
    state = {f"generator.{name}": value for name, value in described().state_dict().items()}
    tensor_files.write(path, {"hyper_parameters": {"generator": RECIPE}, "state_dict": state})
    return path.read_bytes()


def published(path: Path) -> bytes:
    tensor_files.write(path, weights.to_basicsr(rrdbnet(2, 1, 2, 1)))
    return path.read_bytes()


def crafted(ending: str) -> Iterator[bytes]:
    """Headers that promise more than there is, or than any memory holds."""
    if ending != ".safetensors":
        return
    for shape, end in (([2**40, 2**40], 8), ([2], 2**60), ([-1], 8), ([], 4)):
        text = json.dumps({"conv_first.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
        yield struct.pack("<Q", len(text)) + text + bytes(8)
    yield from (struct.pack("<Q", size) + b"{}" for size in (2**63, 10**8))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ending", [".safetensors", ".pth", ".ckpt"])
def test_damaged_weights(tmp_path, monkeypatch, capsys, ending):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", 6, 7)
    file = Path(f"weights{ending}")
    whole = checkpoint(file) if ending == ".ckpt" else published(file)
    refused = 0
    for content in (*damaged(whole, 16), *crafted(ending)):
        file.write_bytes(content)
        status, out, errors = run(capsys, "a.png", "--output", "b.png", "--weights", file)
        if status == 0:
            assert image.read_picture("b.png").pixels.size > 0
            Path("b.png").unlink()
            continue
        told = errors or out.splitlines(keepends=True)[0]
        assert status == 1
        assert told.startswith((f"{file}: ", "a.png: the network returns non-finite values"))
        assert told.count("\n") == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", file.name]
        refused += 1
    assert refused >= 16


def test_weights_of_a_wrong_shape(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", 6, 7)
    whole = weights.to_basicsr(rrdbnet(2, 1, 2, 1))
    for name, value in whole.items():
        tensor_files.write("wrong.safetensors", {**whole, name: torch.zeros(*value.shape, 2)})
        status, out, errors = run(capsys, "a.png", "--weights", "wrong.safetensors")
        assert (status, out, errors.count("\n")) == (1, "", 1)
        assert errors.startswith("wrong.safetensors: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "wrong.safetensors"]
