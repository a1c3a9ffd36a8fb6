"""Find a generator's weights in the wrappers that training scripts put around them."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from sr_lightning.errors import InputError

AVERAGED, RAW = ("params_ema", "params-ema"), ("params", "state_dict")
PREFIXES = ("module.", "_orig_mod.", "generator.")  # DistributedDataParallel, torch.compile, a LightningModule


def generator_weights(content: Mapping[str, Any], kind: str = "ema") -> dict[str, Tensor]:
    """Return the generator's weights from the content of a file.

    Args:
        content: a checkpoint of this library or of BasicSR, or plain weights by name.
        kind: ``ema`` for the averaged weights if there are any, ``raw`` for those of the last update.
    Raises:
        ValueError: an unknown kind.
        InputError: no such weights, or tensors that are sparse, quantized or without values.
    """
    if kind not in ("ema", "raw"):
        raise ValueError(f"kind must be ema or raw, got {kind!r}")
    weights = strip_prefixes(select_weights(content, kind))
    if not weights:
        raise InputError(f"contains no weights of a generator; its keys are {format_names(content)}")
    for name, value in weights.items():
        if not is_dense(value):
            raise InputError(f"{format_names([name])} is not a plain tensor with values; save the weights again")
    return weights


def select_weights(content: Mapping[str, Any], kind: str) -> dict[str, Tensor]:
    """Return the tensors of a kind under their names in the file."""
    ema = content.get("ema")
    if isinstance(ema, Mapping) and isinstance(ema.get("generator"), Mapping) and kind == "ema":
        return tensors(ema["generator"])
    for wrapper in (*AVERAGED, *RAW) if kind == "ema" else RAW:
        if isinstance(content.get(wrapper), Mapping):
            return tensors(content[wrapper])
    averaged = next((wrapper for wrapper in AVERAGED if wrapper in content), None)
    if averaged is not None:
        raise InputError(f"contains averaged weights only ({averaged}); use kind=ema")
    return tensors(content)


def tensors(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Return the entries whose values are tensors and whose keys are strings."""
    return {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}


def strip_prefixes(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Remove the prefixes of wrappers from the names; of several networks keep the generator only."""
    for _ in PREFIXES:
        for prefix in PREFIXES:
            inside = {name[len(prefix) :]: value for name, value in weights.items() if name.startswith(prefix)}
            if inside and (prefix == "generator." or len(inside) == len(weights)):
                weights = inside
    return weights


def is_dense(value: Tensor) -> bool:
    """Return True if a tensor stores all values of its shape; a crafted file can declare one larger than memory."""
    if value.is_meta or value.is_quantized or value.is_sparse or value.is_sparse_csr or value.is_nested:
        return False
    return value.numel() * value.element_size() <= value.untyped_storage().nbytes()


def format_names(names: Any, count: int = 4) -> str:
    """Return the first names on one line, with unprintable characters escaped."""
    names = list(names)
    text = ", ".join(ascii(str(name)[:60])[1:-1] for name in names[:count])
    return text + (" …" if len(names) > count else "")
