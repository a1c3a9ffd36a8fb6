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

PICKLES = (".pth", ".pt", ".ckpt")


def read(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint or weights file to the CPU; pickled code is not executed.

    Raises:
        InputError: the file does not exist or is not a weights file.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a damaged file, before its error
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files raise errors of many kinds: IndexError, struct.error, …
        raise InputError(f"{path}: not a readable file of weights ({_reason(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: contains a {type(content).__name__}, not weights by name")
    return content


def write(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a file that ``read`` reads, atomically.

    Args:
        path: ends in .safetensors, .pth, .pt or .ckpt.
        content: tensors by name; other formats than .safetensors also hold nested containers and plain values.
    Raises:
        InputError: unknown suffix, or the file cannot be written.
        ValueError: a value that is not a tensor, for .safetensors.
    """
    path = Path(path)
    if path.suffix not in (".safetensors", *PICKLES):
        raise InputError(f"{path}: unknown file type; use .safetensors or {', '.join(PICKLES)}")
    if path.suffix == ".safetensors":
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


def _reason(error: Exception) -> str:
    """Describe an error in a few words, without torch's advice to execute the pickled code."""
    code = re.search(r"GLOBAL (\S+)", str(error))
    if code:
        return f"it contains pickled code ({code[1][:60]}), which is not executed; save the state_dict alone"
    first = (str(error).splitlines() or [""])[0]
    return f"{first[:120] or type(error).__name__}; download or save it again"
