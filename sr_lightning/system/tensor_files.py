"""Read tensor files without executing code in them, and write them atomically."""

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
    """Read a checkpoint or file of weights to the CPU; pickled code in it is not executed.

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
            warnings.simplefilter("ignore")  # torch warns about damaged files before it raises
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged files make torch raise nearly anything: IndexError, struct.error
        raise InputError(f"{path}: not a readable file of weights ({_reason(error)})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: contains a {type(content).__name__}, not weights by name")
    return content


def write(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a file for ``read``.

    Args:
        path: with the suffix .safetensors, .pth, .pt or .ckpt.
        content: tensors by name; except for .safetensors also nested containers and plain values.
    Raises:
        InputError: an unknown suffix, or a file that cannot be written.
        ValueError: content other than tensors for .safetensors.
    """
    path = Path(path)
    if path.suffix not in (".safetensors", *PICKLES):
        raise InputError(f"{path}: unknown format; use .safetensors or {', '.join(PICKLES)}")
    if path.suffix == ".safetensors":
        other = next((name for name, value in content.items() if not isinstance(value, Tensor)), None)
        if other is not None:
            raise ValueError(f"{path}: {other} is not a tensor; .safetensors files contain only tensors")
        data = save({name: value.detach().contiguous().clone() for name, value in content.items()})
    else:
        buffer = io.BytesIO()
        torch.save(dict(content), buffer)
        data = buffer.getvalue()
    with replacing(path) as partial:  # at once: on a full disk the libraries raise errors of their own
        partial.write_bytes(data)


def _reason(error: Exception) -> str:
    """Return a short reason; torch's own message advises to execute the code."""
    code = re.search(r"GLOBAL (\S+)", str(error))
    if code:
        return f"contains pickled code ({code[1][:60]}), which is not executed; save only the state_dict"
    first = (str(error).splitlines() or [""])[0]
    return f"{first[:120] or type(error).__name__}; download or save it again"
