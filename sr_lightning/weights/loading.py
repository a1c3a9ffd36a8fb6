"""Load a generator from a checkpoint, a published file or a published name."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.weights import from_config
from sr_lightning.weights.architectures.registry import EXPECTED, build_on_meta, is_known, recognize
from sr_lightning.weights.published import locate
from sr_lightning.weights.state_dicts import format_names, generator_weights

log = logging.getLogger(__name__)

EMPTY: Mapping[str, str] = MappingProxyType({})
ADVICE = "use the model, scale and sizes that the file was trained with"


def load(source: str | Path, kind: str = "ema") -> nn.Module:
    """Load a generator in evaluation mode, in float32 on the CPU.

    Args:
        source: a checkpoint of a training run, a published file (RRDBNet in three layouts and ESRGAN+, SRVGGNetCompact,
            MSRResNet; sizes are inferred from the shapes; wrappers such as ``{"model": …}`` or ``netG.`` are removed),
            or the name of a published model, which is downloaded once.
        kind: ``ema`` for the averaged weights if the file has them, ``raw`` for those of the last update.
    Raises:
        ValueError: an unknown kind.
        InputError: no such file, no connection, or weights of an unknown network.
    Example:
        >>> sr = weights.load("realesrgan-x4plus")(lr).clamp(0, 1)
    """
    path = locate(source)
    content = tensor_files.read(path)
    try:
        described = saved_recipe(content)
        if described is not None:
            generator = from_config.build(described)
            copy_weights(generator, generator_weights(content, kind, names_of(generator)))
        else:
            weights = generator_weights(content, kind, is_known)
            recognized = recognize(weights)
            if recognized is None:
                raise InputError(unknown_message(weights))
            generator = build_on_meta(recognized)
            copy_weights(generator, recognized.weights, recognized.names)
            if recognized.note:
                log.warning("%s: %s", path, recognized.note)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return generator.eval()


def load_into(generator: nn.Module, source: str | Path, kind: str = "ema") -> None:
    """Load weights of any known layout into a network; on an error the network keeps its weights.

    Args:
        source: as for ``load``, or a file with the parameter names of the network.
        kind: as for ``load``.
    Raises:
        InputError: names or shapes differ; the message names the first difference.
    """
    path = locate(source)
    content = tensor_files.read(path)
    try:
        own = names_of(generator)
        weights = generator_weights(content, kind, lambda group: own(group) or is_known(group))
        recognized = None if own(weights) else recognize(weights)
        if recognized is None:
            copy_weights(generator, weights)
        else:
            copy_weights(generator, recognized.weights, recognized.names)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def recipe_of(source: str | Path) -> Any:
    """Return the generator's configuration from a checkpoint of this library; None for other files.

    Raises:
        InputError: no such file, no connection, or not a file of weights.
    """
    return saved_recipe(tensor_files.read(locate(source)))


def started_from(source: str | Path) -> Path:
    """Return the file of weights that the training of a checkpoint started from.

    Raises:
        InputError: it started from random weights, or the file no longer exists.
    """
    settings = tensor_files.read(locate(source)).get("hyper_parameters")
    start = settings.get("started_from") if isinstance(settings, Mapping) else None
    if not start or "file" not in start:
        raise InputError(
            f"{source}: does not say which weights its training started from; give a checkpoint of a run with init=…"
        )
    if not Path(start["file"]).is_file():
        raise InputError(f"{source}: started from {start['file']}, which no longer exists")
    return Path(start["file"])


def saved_recipe(content: Mapping[str, Any]) -> Any:
    """Return the generator's configuration from the content of a checkpoint, or None."""
    settings = content.get("hyper_parameters")
    return settings.get("generator") if isinstance(settings, Mapping) else None


def names_of(network: nn.Module) -> Callable[[Mapping[str, Tensor]], bool]:
    """Return a function that is True for weights of which more than half of the network's names are found."""
    wanted = network.state_dict().keys()
    return lambda weights: 2 * len(wanted & weights.keys()) > len(wanted)


@torch.no_grad()
def copy_weights(
    network: nn.Module, weights: Mapping[str, Tensor], names: Mapping[str, str] = EMPTY, advice: str = ADVICE
) -> None:
    """Copy weights into a network; a network on the meta device gets its memory from them.

    Args:
        names: parameter names of the network -> names in the file, for error messages.
        advice: what to do about a mismatch, for error messages.
    Raises:
        InputError: names or shapes differ, or a value is not finite.
    """
    wanted = network.state_dict()
    for name in [*wanted, *weights]:
        actual, expected = (describe(part.get(name)) for part in (weights, wanted))
        if actual != expected:
            raise InputError(
                f"does not match the network: {format_names([names.get(name, name)])} is {actual} in the file and "
                f"{expected} in the network; {advice}"
            )
        if not weights[name].isfinite().all():
            raise InputError(f"{names.get(name, name)} has non-finite values; its training diverged")
    assign = any(value.is_meta for value in wanted.values())
    network.load_state_dict(
        {name: weights[name].to(value.dtype, copy=True).contiguous() for name, value in wanted.items()}, assign=assign
    )


def describe(value: Tensor | None) -> str:
    """Return the shape of a weight, and its type unless it is floating point."""
    if value is None:
        return "missing"
    return str(tuple(value.shape)) + ("" if value.is_floating_point() else f" {value.dtype}".replace("torch.", ""))


def unknown_message(weights: Mapping[str, Tensor]) -> str:
    """Return the error message for weights of an unknown network."""
    content = ", ".join(f"{format_names([name])} {tuple(value.shape)}" for name, value in list(weights.items())[:3])
    if "head.0.weight" in weights or "body.0.weight" in weights:
        content += " (parameter names of this library without the architecture: give the run's .ckpt)"
    return f"weights of an unknown network: found {content}; expected {EXPECTED}, or a .ckpt of this library"
