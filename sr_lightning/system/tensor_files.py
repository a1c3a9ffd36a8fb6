"""Files of named tensors: read without executing pickled code, written atomically."""

import io
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from sr_lightning.errors import InputError
from sr_lightning.system.atomic import replacing
from sr_lightning.system.file_kind import describe_other
from sr_lightning.system.plain_values import PLAIN_VALUES

PICKLES = (".pth", ".pt", ".ckpt")


def read(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint or weights file to the CPU; pickled code is not executed.

    The format is detected from the content, whatever the suffix: safetensors, or what ``torch.save`` writes.

    Raises:
        InputError: the file does not exist, cannot be read or is not a weights file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {'is a folder; give a file of weights' if path.is_dir() else 'no such file'}")
    try:
        if is_safetensors(path):
            content = load_file(path)
        elif (other := describe_other(path)) is not None:
            raise InputError(f"{path}: not a readable file of weights: it {other}")
        else:
            content = _unpickle(path)
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from error
    except Exception as error:  # damaged files raise errors of many kinds: IndexError, struct.error, …
        raise InputError(f"{path}: not a readable file of weights: it {_reason(error, path)}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: contains a {type(content).__name__}, not weights by name")
    return content


def is_safetensors(path: Path) -> bool:
    """Return True if a file begins as .safetensors: with the length of a JSON object inside the file, and its brace."""
    with path.open("rb") as file:
        head = file.read(9)
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= path.stat().st_size - 8


def write(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a file that ``read`` reads, atomically.

    Args:
        path: ends in .safetensors, .pth, .pt or .ckpt, in any case.
        content: tensors by name; other formats than .safetensors also hold nested containers and plain values.
    Raises:
        InputError: unknown suffix, or the file cannot be written.
        ValueError: a value that is not a tensor, for .safetensors.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".safetensors", *PICKLES):
        raise InputError(f"{path}: unknown file type; use .safetensors or {', '.join(PICKLES)}")
    if suffix == ".safetensors":
        other = next((name for name, value in content.items() if not isinstance(value, Tensor)), None)
        if other is not None:
            raise ValueError(f"{path}: {other} is not a tensor; a .safetensors file holds tensors only")
        data = save({name: value.detach().contiguous().clone() for name, value in content.items()})
    else:
        buffer = io.BytesIO()
        torch.save(dict(content), buffer)
        data = buffer.getvalue()
    with replacing(path) as partial:  # one write: the libraries report a full disk by exceptions of their own
        partial.write_bytes(data)


def _unpickle(path: Path) -> Any:
    """Load a file of ``torch.save``."""
    allowed = torch.serialization.safe_globals(PLAIN_VALUES)
    with path.open("rb") as file, warnings.catch_warnings(), allowed:  # of a path, torch would trust the suffix
        warnings.simplefilter("ignore")  # about a damaged file, before its error
        return torch.load(file, map_location="cpu", weights_only=True)


def _reason(error: Exception, path: Path) -> str:
    """Return what is wrong with a file that cannot be loaded, without torch's advice to execute the pickled code."""
    code = re.search(r"(?:GLOBAL|class) '?([\w.]+)", str(error))
    if code:
        return f"contains pickled code ({code[1][:60]}), which is not executed; save the state_dict"
    with path.open("rb") as file:
        written_by_torch = file.read(2) in (b"PK", b"\x80\x02")
    if written_by_torch or path.suffix.lower() in (".safetensors", *PICKLES):
        return "is damaged or incomplete; download or save it again"
    return f"is of an unknown format; give .safetensors, {', '.join(PICKLES[:-1])} or {PICKLES[-1]}"
