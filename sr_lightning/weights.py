"""Weights of generators in files: read safely, loaded strictly."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from sr_lightning.errors import InputError


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
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path}: not a readable file of weights ({reason}); download or save it again") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a {type(content).__name__}, not weights by name")
    return content


def generator_weights(content: dict[str, Any], kind: str = "ema") -> dict[str, Tensor]:
    """The generator's weights in what ``read`` returned.

    Args:
        content: a checkpoint of this project, or plain weights by name.
        kind: ``ema`` for the averaged weights where there are some, ``raw`` for those of the last update.
    Raises:
        ValueError: another kind.
        InputError: no tensors in it.
    """
    if kind not in ("ema", "raw"):
        raise ValueError(f"kind must be ema or raw, got {kind!r}")
    if kind == "ema" and "ema" in content:
        return content["ema"]["generator"]
    if "state_dict" in content:
        prefix = "generator."
        content = {
            name[len(prefix) :]: value for name, value in content["state_dict"].items() if name.startswith(prefix)
        }
    weights = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    if not weights:
        raise InputError(f"no weights of a generator; the keys are {', '.join(list(content)[:5])} …")
    return weights


def load(generator: nn.Module, path: str | Path, kind: str = "ema") -> None:
    """Load the weights in ``path`` into ``generator``, all of them or none.

    Raises:
        InputError: names or shapes differ; the first difference is named.
    """
    weights, wanted = generator_weights(read(path), kind), generator.state_dict()
    for name in [*wanted, *weights]:
        found, expected = (tuple(part[name].shape) if name in part else "missing" for part in (weights, wanted))
        if found != expected:
            raise InputError(
                f"{path}: other weights than the network's: {name} is {found} there and {expected} in the network; "
                "use the model, scale and sizes that the file was trained with"
            )
    generator.load_state_dict(weights)
