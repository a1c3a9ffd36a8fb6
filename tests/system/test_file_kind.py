"""Files that are no weights are called by their kind, with what to do; others' error messages are never passed on."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save
from torch import nn

from sr_lightning import weights
from sr_lightning.errors import InputError
from sr_lightning.generators import Compact
from sr_lightning.system import tensor_files
from sr_lightning.weights import write_onnx

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 67040989\n"


def written(write) -> bytes:
    """Return what a function writes to a binary file."""
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def zipped(*names: str) -> bytes:
    def write(file):
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(name, "content")

    return written(write)


def torchscript() -> bytes:
    network = torch.jit.trace(nn.Conv2d(1, 1, 1), torch.zeros(1, 1, 2, 2))
    return written(lambda file: torch.jit.save(network, file))


KINDS = {
    "empty": (b"", "is an empty file; download"),
    "zeros": (bytes(1000), "begins with zeros only, .*; download"),
    "pointer": (LFS, "is a Git LFS pointer, not the file itself; fetch it by 'git lfs pull'"),
    "page": (b"<!DOCTYPE html><html>Not Found</html>", "is an HTML page, .*; download the file itself"),
    "page with a comment": (b"\n<!-- x -->\n<HTML lang=en>", "is an HTML page"),
    "json": (b'{"error": "not found"}', r"is a text file that begins with '\{\"error.*; download"),
    "text": (b"Not Found", "is a text file that begins with 'Not Found'"),
    "ncnn network": (b"7767517\n75 83\nInput", "is a network description of ncnn .*; get the model as .pth"),
    "ncnn weights": (b"\x47\x6b\x30\x01" + bytes(9), "is a weights file of ncnn"),
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x05", "is an ONNX model, .*; get the model as .pth or .safetensors"),
    "openvino": (b'<?xml version="1.0"?><net name="a">', "is an XML file"),
    "torchscript": (torchscript(), "is a TorchScript archive .*; save the state_dict of the original network"),
    "zip": (zipped("model.pth", "read me.txt"), r"is a zip archive \(of model.pth, read me.txt\); unpack it"),
    "empty zip": (zipped(), r"is a zip archive \(of no files\)"),
    "npz": (written(lambda file: np.savez(file, a=np.ones(2))), "is a NumPy archive"),
    "npy": (written(lambda file: np.save(file, np.ones(2))), "is a NumPy array"),
    "keras": (zipped("metadata.json", "config.json", "model.weights.h5"), "is a Keras model"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(9), r"is an HDF5 file \(Keras, .h5\)"),
    "gguf": (b"GGUF\3\0\0\0", "is a GGUF file of llama.cpp"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(9), "is a TensorFlow Lite model"),
    "gzip": (gzip.compress(b"a"), "is a gzip archive; unpack it"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(9), "is a 7z archive"),
    "png": (written(lambda file: Image.new("L", (2, 2)).save(file, "PNG")), r"is an image \(PNG\)"),
    "jpeg": (written(lambda file: Image.new("L", (2, 2)).save(file, "JPEG")), r"is an image \(JPEG\)"),
    "pickle": (pickle.dumps({"a": 1}), "is a Python pickle that torch.save did not write; save the state_dict by"),
    "older pickle": (pickle.dumps({"a": 1}, 2), "is a Python pickle that torch.save did not write"),
    "truncated zip": (written(lambda file: torch.save({"a": torch.ones(99)}, file))[:700], "is damaged or incomplete"),
    "truncated safetensors": (save({"a": torch.ones(99)})[:90], "is damaged or incomplete; download or save it again"),
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".CKPT"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_called_by_its_kind_whatever_its_suffix(tmp_path, kind, suffix):
    content, message = KINDS[kind]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{path}: not a readable file of weights: it {message}") as error:
        weights.load(path)
    for foreign in ("weights_only", "PytorchStreamReader", "Weights only", "HeaderToo", "deserializ", "magic", "\n"):
        assert foreign not in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.onnx", "is an ONNX model"), ("a.pb", "is a TensorFlow model"), ("a.bin", "is a weights file of ncnn"),
     ("a.dat", "is of an unknown format; give .safetensors, .pth, .pt or .ckpt")],
)  # fmt: skip
def test_a_binary_file_without_a_magic_number_is_called_by_its_suffix(tmp_path, name, message):
    (tmp_path / name).write_bytes(b"\x01\x99\xfe\0" * 99)
    (tmp_path / "a.param").touch()
    with pytest.raises(InputError, match=message):
        weights.load(tmp_path / name)


def test_an_exported_onnx_model_is_called_onnx(tmp_path):
    pytest.importorskip("onnx")
    write_onnx(tmp_path / "a.onnx", Compact(2, 1, 2))
    (tmp_path / "a.onnx").rename(tmp_path / "a.pth")
    with pytest.raises(InputError, match="is an ONNX model"):
        weights.load(tmp_path / "a.pth")


def test_folders_and_unreadable_files_end_in_one_line(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="is a folder; give a file of weights"):
        tensor_files.read(tmp_path)
    with pytest.raises(InputError, match=f"{tmp_path}: is a folder; give a file of weights"):
        weights.load(tmp_path)
    (tmp_path / "a.pth").write_bytes(b"PK")
    monkeypatch.setattr("pathlib.Path.open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(InputError, match=r"a\.pth: cannot be read \(Permission denied\)"):
        tensor_files.read(tmp_path / "a.pth")


@pytest.mark.parametrize("length", [0x5A4D, 0x8B1F, 0x5A42])
def test_no_length_of_a_safetensors_header_is_mistaken_for_a_magic_number(tmp_path, length):
    """The first bytes of .safetensors are the length of its header, which may be any number."""
    content = save({"a": torch.ones(1)})
    header = content[8:-4].ljust(length)
    (tmp_path / "a.pth").write_bytes(length.to_bytes(8, "little") + header + content[-4:])
    assert tensor_files.read(tmp_path / "a.pth")["a"].item() == 1
