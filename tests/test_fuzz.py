"""Damaged files on the command line: each gives a complete output or one line, and no other file."""

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


def damaged(content: bytes, count: int, head: int = 400) -> Iterator[bytes]:
    """Yield empty, random, text and truncated contents, and contents with bytes overwritten in the head or anywhere."""
    rng = np.random.default_rng(len(content))
    yield from (b"", rng.bytes(300), b"<!DOCTYPE html>", content[:12] + rng.bytes(len(content)))
    yield from (content[: len(content) * number // count] for number in range(1, count))
    for number in range(count):
        changed = np.frombuffer(content, np.uint8).copy()
        end = min(len(content), head) if number % 2 else len(content)
        changed[rng.integers(0, end, 4)] = rng.integers(0, 256, 4)
        yield changed.tobytes()


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Run the command; returns its exit status, standard output and standard error."""
    try:
        status = main([*map(str, arguments), "--device", "cpu"])
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    return status, *capsys.readouterr()


@pytest.mark.filterwarnings("ignore")
def test_damaged_images_and_videos_are_reported_in_one_line_each(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)  # damaged headers may claim huge sizes
    Path("in").mkdir()
    intact = {}
    for kind in ("png", "jpg", "webp", "tif", "bmp"):
        intact[kind] = image.encode(Picture(pixels(20, 24)), f".{kind}")
    for kind in ("png", "tif"):
        intact[f"deep-{kind}"] = image.encode(Picture(pixels(20, 24).astype(np.uint16) * 257), f".{kind}")
    for kind in ("mp4", "mkv"):
        intact[kind] = film(tmp_path / f"a.{kind}").read_bytes()
    for kind, intact_file in intact.items():
        for number, content in enumerate(damaged(intact_file, 4 if kind in ("mp4", "mkv") else 16)):
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
    """Return the bytes of a checkpoint of this library, with its configuration."""
    state = {f"generator.{name}": value for name, value in described().state_dict().items()}
    tensor_files.write(path, {"hyper_parameters": {"generator": RECIPE}, "state_dict": state})
    return path.read_bytes()


def published(path: Path) -> bytes:
    tensor_files.write(path, weights.to_basicsr(rrdbnet(2, 1, 2, 1)))
    return path.read_bytes()


def crafted(ending: str) -> Iterator[bytes]:
    """Yield files whose headers claim more data than the file has, or than fits in memory."""
    if ending != ".safetensors":
        return
    for shape, end in (([2**40, 2**40], 8), ([2], 2**60), ([-1], 8), ([], 4)):
        text = json.dumps({"conv_first.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
        yield struct.pack("<Q", len(text)) + text + bytes(8)
    yield from (struct.pack("<Q", size) + b"{}" for size in (2**63, 10**8))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ending", [".safetensors", ".pth", ".ckpt"])
def test_damaged_weights_are_reported_in_one_line(tmp_path, monkeypatch, capsys, ending):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", 6, 7)
    file = Path(f"weights{ending}")
    intact_file = checkpoint(file) if ending == ".ckpt" else published(file)
    refused = 0
    for content in (*damaged(intact_file, 16), *crafted(ending)):
        file.write_bytes(content)
        status, out, errors = run(capsys, "a.png", "--output", "b.png", "--weights", file)
        if status == 0:
            assert image.read_picture("b.png").pixels.size > 0
            Path("b.png").unlink()
            continue
        message = errors or out.splitlines(keepends=True)[0]
        assert status == 1
        assert message.startswith((f"{file}: ", "a.png: the network returns non-finite values"))
        assert message.count("\n") == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", file.name]
        refused += 1
    assert refused >= 16


def test_weights_of_a_wrong_shape_are_reported_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "a.png", 6, 7)
    intact_file = weights.to_basicsr(rrdbnet(2, 1, 2, 1))
    for name, value in intact_file.items():
        tensor_files.write("wrong.safetensors", {**intact_file, name: torch.zeros(*value.shape, 2)})
        status, out, errors = run(capsys, "a.png", "--weights", "wrong.safetensors")
        assert (status, out, errors.count("\n")) == (1, "", 1)
        assert errors.startswith("wrong.safetensors: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "wrong.safetensors"]
