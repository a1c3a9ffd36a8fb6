"""The published layouts: which network a set of weights belongs to, and the way back."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.weights.architectures import compact, msrresnet, rrdbnet
from sr_lightning.weights.architectures.base import Recognised

GROWTH = 32  # the only one of an RRDBNet that spandrel builds
FAMILIES = (rrdbnet, compact, msrresnet)
EXPECTED = ", ".join(family.EXPECTED for family in FAMILIES)


class NoPublicLayoutError(InputError):
    """Other programs have no names for the weights of this network."""


def recognise(weights: Mapping[str, Tensor]) -> Recognised | None:
    """The network that the names and shapes of published weights tell, or None for unknown ones.

    Raises:
        InputError: a known network with shapes that do not fit together.
    """
    for family in FAMILIES:
        try:
            found = family.recognise(weights)
        except ValueError as error:
            raise InputError(f"not weights that fit together: {error}") from error
        if found is not None:
            return found
    return None


def without_memory(found: Recognised) -> nn.Module:
    """The network on the meta device, so that shapes out of a file cost nothing before they are compared.

    Raises:
        InputError: no network has such sizes.
    """
    try:
        with torch.device("meta"):
            return found.build()
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"weights of a network that cannot be built ({reason})") from error


def limit(weights: Mapping[str, Tensor]) -> str | None:
    """Why chaiNNer and ComfyUI cannot read weights that ``to_basicsr`` gave, or None where they can.

    Both use spandrel, which has a detector for each architecture (tried with its version 0.4.2).
    """
    if "upconv1.weight" in weights:
        return "BasicSR reads MSRResNet, chaiNNer and ComfyUI do not"
    growth = weights.get("body.0.rdb1.conv1.weight")
    if growth is not None and len(growth) != GROWTH:
        return f"chaiNNer and ComfyUI read RRDBNet with block.growth={GROWTH} alone, this one has {len(growth)}"
    return None


def to_basicsr(generator: nn.Module) -> dict[str, Tensor]:
    """Weights by the names that BasicSR, Real-ESRGAN, chaiNNer and ComfyUI know.

    Only what those can rebuild: the network that is inferred from names and shapes alone must be the very same.

    Raises:
        NoPublicLayoutError: there is none for this network.
    """
    for family in FAMILIES:
        weights = family.publish(generator)
        found = None if weights is None else family.recognise(weights)
        if weights is not None and found is not None:
            rebuilt = without_memory(found)
            if repr(rebuilt) == repr(generator) and rebuilt.scale == generator.scale:
                return weights
    raise NoPublicLayoutError(
        "there is no public layout for this network: only RRDBNet (block=rrdb norm=none upsampler=nearest ends=rrdbnet "
        "skip=none, scale 1, 2, 4 or 8), generator=compact and generator=msrresnet have one"
    )
