"""Weights files are read or rejected with one line, and written atomically."""

import json
import os
import struct
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import Compact
from sr_lightning.system import tensor_files

ENDINGS = (".pth", ".safetensors")


class Code:
    """An object whose pickle contains a call."""

    def __reduce__(self):
        return os.system, ("touch owned",)


@pytest.mark.parametrize("ending", [*ENDINGS, ".pt", ".ckpt"])
def test_written_tensors_are_read_back(tmp_path, ending):
    base = torch.arange(12.0).reshape(3, 4)
    content = {"a": base.T, "b": base[1:], "c": torch.ones(2, dtype=torch.float16)}
    path = tmp_path / "new" / f"weights{ending}"
    tensor_files.write(path, content)
    result = tensor_files.read(path)
    assert result.keys() == content.keys()
    assert all(
        torch.equal(result[name], value) and result[name].dtype == value.dtype for name, value in content.items()
    )
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    tensor_files.write(tmp_path / "a.pth", {"a": torch.ones(1)})

    def full(path, content):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match=r"a\.pth: cannot be written \(No space left on device\)"):
        tensor_files.write(tmp_path / "a.pth", {"a": torch.zeros(1)})
    assert torch.equal(tensor_files.read(tmp_path / "a.pth")["a"], torch.ones(1))
    assert [file.name for file in tmp_path.iterdir()] == ["a.pth"]


def test_unwritable_content_is_rejected(tmp_path):
    with pytest.raises(InputError, match=r"a\.zip: unknown file type; use \.safetensors or \.pth, \.pt, \.ckpt"):
        tensor_files.write(tmp_path / "a.zip", {})
    with pytest.raises(ValueError, match="epoch is not a tensor"):
        tensor_files.write(tmp_path / "a.safetensors", {"epoch": 3})
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        tensor_files.write(tmp_path / "file" / "a.pth", {})


def test_pickled_code_is_not_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for content in (Code(), {"params": {"a": torch.ones(1)}, "b": Code()}):
        torch.save(content, "evil.pth")
        with pytest.raises(
            InputError, match=r"evil\.pth: .*it contains pickled code \(\S*system\), which is not executed"
        ) as error:
            weights.load("evil.pth")
        assert "\n" not in str(error.value)
    assert not (tmp_path / "owned").exists()


def header(text: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(text) if length is None else length) + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        header(b"{}", 2**63),
        header(b"{}", 10**8),
        header(b"[" * 100_000),
        header(json.dumps({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}}).encode())
        + bytes(8),
        header(json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 2**60]}}).encode()) + bytes(8),
        b"<!DOCTYPE html><html>Not found</html>",
        b"PK\x03\x04" + bytes(100),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_crafted_files_are_rejected(tmp_path, content, ending):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=str(path)) as error:
        weights.load(path)
    assert "\n" not in str(error.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(ENDINGS), st.integers(0, 10**6), st.binary(max_size=40), st.booleans())
def test_damaged_files_are_rejected_or_loaded(tmp_path, ending, place, damage, cut):
    """A truncated file, or one with overwritten bytes, gives an InputError or finite weights."""
    path = tmp_path / f"complete{ending}"
    if not path.exists():
        tensor_files.write(path, Compact(2, 1, 2).state_dict())
    complete = path.read_bytes()
    place %= len(complete)
    path = tmp_path / f"damaged{ending}"
    path.write_bytes(complete[:place] + damage + (b"" if cut else complete[place + len(damage) :]))
    try:
        network, message = weights.load(path), None
    except InputError as error:
        network, message = None, str(error)
    if network is None:
        assert message.startswith(str(path))
        assert "\n" not in message
    else:
        assert all(value.isfinite().all() for value in network.state_dict().values())


@pytest.mark.parametrize("content", [torch.ones(2), [1, 2], "text"])
def test_content_without_names_is_rejected(tmp_path, content):
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(InputError, match=f"contains a {type(content).__name__}, not weights by name"):
        tensor_files.read(tmp_path / "a.pth")
