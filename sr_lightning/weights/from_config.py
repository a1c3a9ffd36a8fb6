"""Build the network that a checkpoint describes by nested configuration with ``_target_`` and ``_partial_``.

Checkpoints may come from untrusted sources: only layers of this library and of torch.nn are built.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import nn

from sr_lightning import generators
from sr_lightning.errors import InputError

SOURCES = {"sr_lightning.generators": generators, "torch.nn": nn}
RENAMED = {"initialisation": "initialization"}  # arguments in checkpoints of earlier versions -> present names
LARGEST = 4096  # limit of any number in a configuration: no network is deeper or wider, and building it would not end


def build(recipe: Any) -> nn.Module:
    """Return the generator on the meta device, i.e. without memory for its weights.

    Raises:
        InputError: parts of other libraries, wrong arguments, or a result that is not a generator.
    """
    try:
        with torch.device("meta"):
            generator = part(recipe)
    except InputError:
        raise
    except Exception as error:  # constructors may raise anything, given arguments from a file
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise InputError(f"describes a network that cannot be built ({reason})") from error
    if not isinstance(generator, nn.Module) or not isinstance(getattr(generator, "scale", None), int):
        raise InputError(f"describes a {type(generator).__name__}, which is not a generator (it has no scale)")
    return generator


def part(recipe: Any) -> Any:
    """Build a nested part of the configuration."""
    if isinstance(recipe, Mapping):
        settings = {RENAMED.get(str(key), str(key)): value for key, value in recipe.items()}
        arguments = {key: part(value) for key, value in settings.items() if key not in ("_target_", "_partial_")}
        if "_target_" not in recipe:
            return arguments
        make = constructor(str(recipe["_target_"]))
        return partial(make, **arguments) if recipe.get("_partial_") else make(**arguments)
    if isinstance(recipe, list | tuple):
        return [part(item) for item in recipe]
    if isinstance(recipe, int) and abs(recipe) > LARGEST:
        raise InputError(f"describes a network with a size of {recipe}; the limit is {LARGEST}")
    return recipe


def constructor(target: str) -> Callable[..., nn.Module]:
    """Return the class of a trusted layer; only direct members of the trusted packages count."""
    source, _, name = target.rpartition(".")
    found = getattr(SOURCES.get(source), name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise InputError(f"builds its network from {ascii(target[:80])[1:-1]}, which is not a part of this library")
    return found
