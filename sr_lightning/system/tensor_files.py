"""Tensors by name in files: read without running anything that is in them, written whole or not at all."""

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
    """Contents of a checkpoint or weights file, on the CPU; code inside it is never run.

    Raises:
        InputError: no such file, or not a file of weights.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is unusual about a damaged file, before the error that tells it
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files make torch raise nearly anything: IndexError, struct.error
        raise InputError(f"{path}: not a readable file of weights ({_reason(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a {type(content).__name__}, not weights by name")
    return content


def write(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write what ``read`` reads.

    Args:
        path: ends in .safetensors, .pth, .pt or .ckpt.
        content: tensors by name; in all but .safetensors also nested containers and plain values.
    Raises:
        InputError: another ending, or a file that cannot be written.
        ValueError: something else than tensors for .safetensors.
    """
    path = Path(path)
    if path.suffix not in (".safetensors", *PICKLES):
        raise InputError(f"{path}: unknown kind of file; use .safetensors or {', '.join(PICKLES)}")
    if path.suffix == ".safetensors":
        other = next((name for name, value in content.items() if not isinstance(value, Tensor)), None)
        if other is not None:
            raise ValueError(f"{path}: {other} is not a tensor, and a .safetensors file holds nothing else")
        data = save({name: value.detach().contiguous().clone() for name, value in content.items()})
    else:
        buffer = io.BytesIO()
        torch.save(dict(content), buffer)
        data = buffer.getvalue()
    with replacing(path) as partial:  # in one piece: the libraries tell a full disk in errors of their own
        partial.write_bytes(data)


def _reason(error: Exception) -> str:
    """What is wrong, in a few words; torch's own advice is to run the code after all."""
    code = re.search(r"GLOBAL (\S+)", str(error))
    if code:
        return f"it asks to run {code[1][:60]}, which is never done; save the state_dict alone"
    first = (str(error).splitlines() or [""])[0]
    return f"{first[:120] or type(error).__name__}; download or save it again"
