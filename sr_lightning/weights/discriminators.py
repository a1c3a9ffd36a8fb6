"""Load discriminators from checkpoints of this library and from Real-ESRGAN's published files."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.system import tensor_files
from sr_lightning.weights.loading import copy_weights
from sr_lightning.weights.published import DISCRIMINATORS, PUBLISHED, locate
from sr_lightning.weights.state_dicts import format_names, group_by_wrappers, is_dense, tensors

PREFIX = "discriminator."  # in the checkpoints of this library
LAYERS = ("head", "down.0", "down.1", "down.2", "up.0", "up.1", "up.2", "tail.0", "tail.2", "tail.4")  # conv0 … conv9
SPECTRAL_NORM = {
    "weight": "weight_orig",
    "left": "weight_u",
    "right": "weight_v",
}  # torch.nn.utils.spectral_norm's names
PLAIN = {"weight": "weight", "bias": "bias"}  # of the first and the last layer
PUBLISHED_NAMES = {
    f"{layer}.{own}": f"conv{number}.{theirs}"
    for number, layer in enumerate(LAYERS)
    for own, theirs in (PLAIN if layer in (LAYERS[0], LAYERS[-1]) else SPECTRAL_NORM).items()
}
ADVICE = "set discriminator=… and discriminator.width=… as the file was trained with, or give another file"


def load_discriminator_into(discriminator: nn.Module, source: str | Path) -> None:
    """Load weights into a discriminator; on an error it keeps its weights.

    Args:
        source: a checkpoint of an adversarial training run, a published file of Real-ESRGAN's U-Net discriminator (its
            name or path), or a file with the parameter names of the network.
    Raises:
        InputError: no such file, no connection, not a discriminator, or one with other layers or sizes.
    """
    path = locate(source, DISCRIMINATORS)
    try:
        names = {*discriminator.state_dict(), *PUBLISHED_NAMES.values()}
        weights = discriminator_weights(tensor_files.read(path), names)
        theirs = PUBLISHED_NAMES if weights.keys() & set(PUBLISHED_NAMES.values()) else {}
        own = {name: own for own, name in theirs.items()}
        named = {own.get(name, name): value for name, value in weights.items()}
        if not named.keys() & discriminator.state_dict().keys():
            first = ", ".join(f"{format_names([name])} {tuple(weights[name].shape)}" for name in list(weights)[:3])
            raise InputError(f"not a {type(discriminator).__name__}: found {first}; {ADVICE}")
        copy_weights(discriminator, named, theirs, ADVICE)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def locate_discriminator(source: str | Path, init: str | Path | None = None) -> Path:
    """Return the path of a discriminator's weights; a published one is downloaded if it is not in the cache.

    Args:
        source: a path, the name of a published discriminator, or ``auto`` for the one that belongs to ``init``.
        init: initial weights of the generator: a path or the name of a published model.
    Raises:
        InputError: no such file or name, no connection, or ``auto`` although no discriminator belongs to ``init``.
    """
    if source != "auto":
        return locate(source, DISCRIMINATORS)
    advice = "set init_discriminator=FILE, or null for a new one, which should first train alone: generator_start=200"
    if init is None:
        raise InputError(f"init_discriminator=auto: init names no file or published model; {advice}")
    if init in PUBLISHED:
        name = f"{init}-discriminator"
        if name not in DISCRIMINATORS:
            raise InputError(f"init_discriminator=auto: no discriminator was published with {init}; {advice}")
        return locate(name, DISCRIMINATORS)
    path = locate(init)
    state = tensor_files.read(path).get("state_dict")
    if not isinstance(state, Mapping) or not any(str(name).startswith(PREFIX) for name in state):
        raise InputError(f"init_discriminator=auto: {init} holds no discriminator; {advice}")
    return path


def discriminator_weights(content: Mapping[str, Any], names: Collection[str]) -> dict[str, Tensor]:
    """Return the discriminator's weights from the content of a file, under their names inside of its wrappers.

    Args:
        names: of weights that are searched for; wrappers of any name are removed around the group with most of them.
    Raises:
        InputError: there are none, or they are not plain tensors with values.
    """
    state = content.get("state_dict")
    own = tensors(state) if isinstance(state, Mapping) else {}
    weights = {name.removeprefix(PREFIX): value for name, value in own.items() if name.startswith(PREFIX)}
    if not weights:
        groups = [group.weights for group in group_by_wrappers(content)]
        weights = max(groups, key=lambda group: len(group.keys() & set(names)))
        if not weights.keys() & set(names):  # of another network, for the message
            weights = {} if isinstance(state, Mapping) else max(groups, key=len)
    if not weights:
        raise InputError("holds no discriminator; give a checkpoint of adversarial training, or a file of weights")
    for name, value in weights.items():
        if not is_dense(value):
            raise InputError(f"{format_names([name])} is not a plain tensor with values; save the weights again")
    return weights
