"""From a file to a generator that works."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.weights import from_config
from sr_lightning.weights.architectures.registry import EXPECTED, recognise, without_memory
from sr_lightning.weights.published import locate
from sr_lightning.weights.state_dicts import generator_weights, shown

ADVICE = "use the model, scale and sizes that the file was trained with"


def load(source: str | Path, kind: str = "ema") -> nn.Module:
    """A generator with its weights, in float32 on the CPU, ready for inference.

    Args:
        source: a checkpoint of a training run, a published file (RRDBNet in three layouts, SRVGGNetCompact, MSRResNet;
            everything else is inferred from the shapes), or the name of a published model, which is downloaded once.
        kind: ``ema`` for the averaged weights where there are some, ``raw`` for those of the last update.
    Raises:
        ValueError: another kind.
        InputError: no such file, no connection, or not weights of a known network.
    Example:
        >>> sr = weights.load("realesrgan-x4plus")(lr).clamp(0, 1)
    """
    path = locate(source)
    content = tensor_files.read(path)
    try:
        described = saved_recipe(content)
        if described is not None:
            generator = from_config.build(described)
            fill(generator, generator_weights(content, kind))
        else:
            weights = generator_weights(content, kind)
            found = recognise(weights)
            if found is None:
                raise InputError(unknown(weights))
            generator = without_memory(found)
            fill(generator, found.weights, found.names)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return generator.eval()


def load_into(generator: nn.Module, source: str | Path, kind: str = "ema") -> None:
    """Load weights of any known layout into a network, all of them or none.

    Args:
        source: as for ``load``, and weights by the network's own names.
        kind: as for ``load``.
    Raises:
        InputError: names or shapes differ; the first difference is named.
    """
    path = locate(source)
    content = tensor_files.read(path)
    try:
        weights = generator_weights(content, kind)
        found = recognise(weights)
        fill(generator, weights if found is None else found.weights, {} if found is None else found.names)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def recipe_of(source: str | Path) -> Any:
    """The generator's configuration where the source is a checkpoint of this library, else None.

    Raises:
        InputError: no such file, no connection, or not a file of weights.
    """
    return saved_recipe(tensor_files.read(locate(source)))


def started_from(source: str | Path) -> Path:
    """The weights that the training of a checkpoint of this library started from.

    Raises:
        InputError: it started from nothing, or they are gone.
    """
    settings = tensor_files.read(locate(source)).get("hyper_parameters")
    start = settings.get("started_from") if isinstance(settings, Mapping) else None
    if not start or "file" not in start:
        raise InputError(f"{source}: tells of no weights that it started from; give those of a run with init=…")
    if not Path(start["file"]).is_file():
        raise InputError(f"{source}: started from {start['file']}, which is gone")
    return Path(start["file"])


def saved_recipe(content: Mapping[str, Any]) -> Any:
    """The generator's configuration in a checkpoint of this library, or None."""
    settings = content.get("hyper_parameters")
    return settings.get("generator") if isinstance(settings, Mapping) else None


@torch.no_grad()
def fill(
    network: nn.Module, weights: Mapping[str, Tensor], names: Mapping[str, str] | None = None, advice: str = ADVICE
) -> None:
    """Give a network its weights; one on the meta device gets memory with them.

    Args:
        names: the network's names -> those in the file, for messages.
        advice: what to do where they differ, for messages.
    Raises:
        InputError: names or shapes differ, or a value is not finite.
    """
    wanted = network.state_dict()
    for name in [*wanted, *weights]:
        found, expected = (description(part.get(name)) for part in (weights, wanted))
        if found != expected:
            raise InputError(
                f"other weights than the network's: {shown([(names or {}).get(name, name)])} is {found} there and "
                f"{expected} in the network; {advice}"
            )
        if not weights[name].isfinite().all():
            raise InputError(f"{(names or {}).get(name, name)} has values that are not finite; its training diverged")
    assign = any(value.is_meta for value in wanted.values())
    network.load_state_dict(
        {name: weights[name].to(value.dtype, copy=True).contiguous() for name, value in wanted.items()}, assign=assign
    )


def description(value: Tensor | None) -> str:
    """Shape of a weight, and its type where that is not a kind of floating point."""
    if value is None:
        return "missing"
    return str(tuple(value.shape)) + ("" if value.is_floating_point() else f" {value.dtype}".replace("torch.", ""))


def unknown(weights: Mapping[str, Tensor]) -> str:
    """What was found instead of known weights."""
    found = ", ".join(f"{shown([name])} {tuple(value.shape)}" for name, value in list(weights.items())[:3])
    if "head.0.weight" in weights or "body.0.weight" in weights:
        found += " (this library's own names, which do not tell the whole network: give the run's .ckpt)"
    return f"not weights of a known network: found {found}; expected {EXPECTED}, or a .ckpt of this library"
