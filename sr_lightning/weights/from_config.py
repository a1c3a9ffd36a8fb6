"""The network that a checkpoint describes, as nested configuration with ``_target_`` and ``_partial_``.

A checkpoint may come from a stranger, so it builds nothing but layers of this library and of torch.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import nn

from sr_lightning import generators
from sr_lightning.errors import InputError

SOURCES = {"sr_lightning.generators": generators, "torch.nn": nn}
LARGEST = 4096  # of any number in a recipe; no network is deeper or wider, and building it would take forever


def build(recipe: Any) -> nn.Module:
    """A generator as described, without memory for its weights (on the meta device).

    Raises:
        InputError: parts of other libraries, arguments that do not fit, or something that is no generator.
    """
    try:
        with torch.device("meta"):
            generator = part(recipe)
    except InputError:
        raise
    except Exception as error:  # whatever a constructor raises, given arguments out of a file
        reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise InputError(f"describes a network that cannot be built ({reason})") from error
    if not isinstance(generator, nn.Module) or not isinstance(getattr(generator, "scale", None), int):
        raise InputError(f"describes a {type(generator).__name__}, which is not a network that enlarges")
    return generator


def part(recipe: Any) -> Any:
    if isinstance(recipe, Mapping):
        arguments = {str(key): part(value) for key, value in recipe.items() if key not in ("_target_", "_partial_")}
        if "_target_" not in recipe:
            return arguments
        make = constructor(str(recipe["_target_"]))
        return partial(make, **arguments) if recipe.get("_partial_") else make(**arguments)
    if isinstance(recipe, list | tuple):
        return [part(item) for item in recipe]
    if isinstance(recipe, int) and abs(recipe) > LARGEST:
        raise InputError(f"describes a network with a size of {recipe}; at most {LARGEST} is built")
    return recipe


def constructor(target: str) -> Callable[..., nn.Module]:
    """The class of a trusted layer, which is named right in its library: a longer path could lead anywhere."""
    source, _, name = target.rpartition(".")
    found = getattr(SOURCES.get(source), name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise InputError(f"builds its network from {ascii(target[:80])[1:-1]}, which is not a part of this library")
    return found
