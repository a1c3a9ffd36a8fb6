"""Weights files are read or rejected with one line, and written atomically."""

import argparse
import datetime
import json
import os
import struct
from collections import Counter, defaultdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
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


BESIDE = {
    "scalars": {"psnr": np.float64(31.2), "epoch": np.int64(3), "best": np.bool_(True), "loss": np.float32(0.5)},
    "array": {"curve": np.arange(6.0).reshape(2, 3), "bytes": np.array([b"ab"]), "texts": np.array(["ab", "c"])},
    "options": {"path": Path("a/b"), "name": SimpleNamespace(a=1, b=[2.0])},
    "containers": {"counts": Counter(a=1), "set": {1, 2}, "tuple": (1, [2])},
    "date": {"date": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "time": datetime.timedelta(hours=1)},
}


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("kind", BESIDE)
def test_plain_values_beside_weights_are_read(tmp_path, kind, legacy):
    content = {"params": {"a": torch.ones(2)}, **BESIDE[kind]}
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=not legacy)
    result = tensor_files.read(tmp_path / "a.pth")
    assert torch.equal(result["params"]["a"], torch.ones(2))
    for name, value in BESIDE[kind].items():
        assert isinstance(value, type(result[name]))
        assert repr(result[name]).replace("PurePosix", "Posix") == repr(value)


def test_parsed_options_beside_weights_are_read(tmp_path):
    torch.save({"a": torch.ones(1), "args": argparse.Namespace(scale=4, lr=1e-4)}, tmp_path / "a.pth")
    assert vars(tensor_files.read(tmp_path / "a.pth")["args"]) == {"scale": 4, "lr": 1e-4}


def test_a_dict_with_defaults_is_read_as_a_dict(tmp_path):
    torch.save({"a": torch.ones(1), "losses": defaultdict(list, pixel=[0.5])}, tmp_path / "a.pth")
    assert tensor_files.read(tmp_path / "a.pth")["losses"] == {"pixel": [0.5]}


@pytest.mark.parametrize("package", ["numpy.core", "numpy._core"])
def test_numpy_values_of_either_major_version_are_read(tmp_path, package):
    """The names of NumPy's functions in a pickle differ between its versions 1 and 2."""
    torch.save({"a": np.float64(3), "b": np.ones(3)}, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    content = (tmp_path / "a.pth").read_bytes().replace(b"numpy._core.", b"numpy.core.")
    (tmp_path / "a.pth").write_bytes(content.replace(b"numpy.core.", package.encode() + b"."))
    assert tensor_files.read(tmp_path / "a.pth")["a"] == 3


class Large:
    """An array whose pickle declares a size of its own."""

    def __reduce__(self):
        return np.ones(1).__reduce__()[0], (np.ndarray, (2**34,), "O")


def test_a_declared_size_without_content_takes_no_memory(tmp_path):
    torch.save({"a": Large()}, tmp_path / "a.pth")
    assert tensor_files.read(tmp_path / "a.pth")["a"].size == 0


@pytest.mark.parametrize("name", ["A.SAFETENSORS", "a.Safetensors", "A.PTH", "a.Pt", "a.CKPT"])
def test_suffixes_are_read_and_written_in_any_case(tmp_path, name):
    tensor_files.write(tmp_path / name, {"a": torch.ones(2)})
    assert torch.equal(tensor_files.read(tmp_path / name)["a"], torch.ones(2))
    binary = (tmp_path / name).read_bytes()
    assert binary.startswith(b"PK") != (name.lower().endswith("safetensors"))


@pytest.mark.parametrize("name", ["a", "a.bin", "a.safetensors", "a.pth", "a.model"])
@pytest.mark.parametrize("written", ENDINGS)
def test_the_content_tells_the_format_not_the_suffix(tmp_path, name, written):
    tensor_files.write(tmp_path / f"b{written}", {"a": torch.ones(2)})
    (tmp_path / f"b{written}").rename(tmp_path / name)
    assert torch.equal(tensor_files.read(tmp_path / name)["a"], torch.ones(2))


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
