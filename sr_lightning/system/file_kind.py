"""Name the kind of a file that is not a file of weights, judging by its first bytes."""

import zipfile
from pathlib import Path

HEAD = 512  # bytes; enough for the magic numbers below and the beginning of a text

MAGIC: tuple[tuple[int, bytes, str], ...] = (  # position, bytes there, kind and what to do
    (0, b"GGUF", "a GGUF file of llama.cpp"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras, .h5)"),
    (0, b"\x93NUMPY", "a NumPy array (.npy)"),
    (0, b"MATLAB 5.0", "a MATLAB file (.mat)"),
    (4, b"TFL3", "a TensorFlow Lite model"),
    (0, b"ftrt", "a TensorRT engine"),
    (0, b"\x47\x6b\x30\x01", "a weights file of ncnn (.bin)"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
    (0, b"\xff\xd8\xff", "an image (JPEG)"),
    (0, b"GIF8", "an image (GIF)"),
    (8, b"WEBP", "an image (WebP)"),
    (0, b"II*\0", "an image (TIFF)"),
    (0, b"MM\0*", "an image (TIFF)"),
    (4, b"ftyp", "a video or an image (MP4, HEIF)"),
)
ARCHIVES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\0", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
)
PICKLE_PROTOCOLS = (b"\2", b"\3", b"\4", b"\5")
TORCH_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # begins what torch.save wrote before torch 1.6
CONVERT = "get the model as .pth or .safetensors"
DOWNLOAD = "download the file again"
UNPACK = "unpack it and give the file inside"


def describe_other(path: Path) -> str | None:
    """Return what a file is and what to do about it; None if it may be a file of weights.

    Args:
        path: an existing file.
    Raises:
        OSError: it cannot be read.
    """
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        return f"is an empty file; {DOWNLOAD}"
    if not any(head) and path.stat().st_size > 8:
        return f"begins with zeros only, as an interrupted download does; {DOWNLOAD}"
    for kinds, advice in ((MAGIC, CONVERT), (ARCHIVES, UNPACK)):
        for position, magic, kind in kinds:
            if head[position:].startswith(magic):
                return f"is {kind}; {advice}"
    if zipfile.is_zipfile(path):
        return _describe_zip(path)
    if head[:1] == b"\x80" and head[1:2] in PICKLE_PROTOCOLS and not head[2:].startswith(TORCH_MAGIC):
        return "is a Python pickle that torch.save did not write; save the state_dict by torch.save"
    if suffix == ".pb":
        return f"is a TensorFlow model; {CONVERT}"
    if suffix == ".bin" and path.with_suffix(".param").exists():
        return f"is a weights file of ncnn (.bin); {CONVERT}"
    if is_onnx(head, suffix):
        return f"is an ONNX model, not weights of PyTorch; {CONVERT}"
    return _describe_text(head)


def is_onnx(head: bytes, suffix: str) -> bool:
    """Return True for the beginning of an ONNX model: its version, then the producer's name or the graph."""
    fields = len(head) > 2 and head[0] == 0x08 and head[1] < 0x20 and head[2] in (0x12, 0x3A, 0x42)
    return fields or (suffix == ".onnx" and head[:2] not in (b"PK", b"\x80\x02"))


def _describe_zip(path: Path) -> str | None:
    """Describe a zip archive that torch did not write by ``torch.save``."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    inner = {name.partition("/")[2] for name in names}
    if "constants.pkl" in inner or any(name.startswith("code/") for name in inner):
        return "is a TorchScript archive (compiled code); save the state_dict of the original network by torch.save"
    if "data.pkl" in inner:
        return None
    if names and all(name.endswith(".npy") for name in names):
        return f"is a NumPy archive (.npz); {CONVERT}"
    if "config.json" in names and "model.weights.h5" in names:
        return f"is a Keras model; {CONVERT}"
    listed = ", ".join(ascii(name[:60])[1:-1] for name in names[:3]) + (", …" if len(names) > 3 else "")
    return f"is a zip archive (of {listed or 'no files'}); {UNPACK}"


def _describe_text(head: bytes) -> str | None:
    """Describe a text file: a pointer, a page, a description of a network; None for binary files."""
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    lowered = text.lower()
    if lowered.startswith("version https://git-lfs"):
        return "is a Git LFS pointer, not the file itself; fetch it by 'git lfs pull', or download the file itself"
    if lowered.startswith(("<!doctype html", "<html", "<head", "<body")) or "<html" in lowered:
        return "is an HTML page, as a download by a link to a page gives; download the file itself"
    if text.startswith("7767517"):
        return f"is a network description of ncnn (.param), which contains no weights; {CONVERT}"
    if lowered.startswith("<?xml") or lowered.startswith("<net"):
        return f"is an XML file (OpenVINO describes networks so), which contains no weights; {CONVERT}"
    if not text or any(ord(letter) < 9 or letter == "\ufffd" for letter in text[:-1]):
        return None
    first = ascii(text.splitlines()[0][:40])[1:-1]
    return f"is a text file that begins with {first!r}; {DOWNLOAD}"
