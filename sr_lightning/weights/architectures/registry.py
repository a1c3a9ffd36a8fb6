"""Recognize published weights, and rename weights of this library to published layouts."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.weights.architectures import compact, msrresnet, rrdbnet
from sr_lightning.weights.architectures.base import Recognized

GROWTH = 32  # the only growth of RRDBNet that spandrel supports
FAMILIES = (rrdbnet, compact, msrresnet)
EXPECTED = ", ".join(family.EXPECTED for family in FAMILIES)


class NoPublicLayoutError(InputError):
    """Raised for a network without a published layout."""


def is_known(weights: Mapping[str, Tensor]) -> bool:
    """Return True for weights with the characteristic names of a published network."""
    return any(family.has_names(weights) for family in FAMILIES)


def recognize(weights: Mapping[str, Tensor]) -> Recognized | None:
    """Return the network that published weights belong to, or None if they are unknown.

    Raises:
        InputError: a known architecture with shapes that do not fit together.
    """
    for family in FAMILIES:
        try:
            recognized = family.recognize(weights)
        except ValueError as error:
            raise InputError(f"inconsistent weights: {error}") from error
        if recognized is not None:
            return recognized
    return None


def build_on_meta(recognized: Recognized) -> nn.Module:
    """Build the network on the meta device: shapes from a file are compared before memory is allocated.

    Raises:
        InputError: the sizes are invalid.
    """
    try:
        with torch.device("meta"):
            return recognized.build()
    except (ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"weights of a network that cannot be built ({reason})") from error


def spandrel_limit(weights: Mapping[str, Tensor]) -> str | None:
    """Return the reason why chaiNNer and ComfyUI cannot read weights in BasicSR's layout, or None if they can.

    Both use spandrel, which detects architectures by their weights (tested with version 0.4.2).
    """
    if "upconv1.weight" in weights:
        return "BasicSR reads MSRResNet, chaiNNer and ComfyUI do not"
    if "body.0.weight" in weights and "body.1.weight" not in weights:
        return "chaiNNer and ComfyUI read SRVGGNetCompact only with PReLU"
    growth = weights.get("body.0.rdb1.conv1.weight", weights.get("model.1.sub.0.RDB1.conv1.0.weight"))
    if growth is not None and len(growth) != GROWTH:
        return f"chaiNNer and ComfyUI read RRDBNet only with block.growth={GROWTH}, this one has {len(growth)}"
    return None


def to_basicsr(generator: nn.Module) -> dict[str, Tensor]:
    """Return the weights under the names of BasicSR, Real-ESRGAN, chaiNNer and ComfyUI.

    The network inferred from the result must equal the given one, so that those programs rebuild it exactly.

    Raises:
        NoPublicLayoutError: no layout for this network.
    """
    for family in FAMILIES:
        weights = family.publish(generator)
        recognized = None if weights is None else family.recognize(weights)
        if weights is not None and recognized is not None:
            rebuilt = build_on_meta(recognized)
            if repr(rebuilt) == repr(generator) and rebuilt.scale == generator.scale:
                return weights
    raise NoPublicLayoutError(
        "no published layout for this network: only RRDBNet (block=rrdb norm=none upsampler=nearest ends=rrdbnet "
        "skip=none, scale 1, 2, 4 or 8), generator=compact and generator=msrresnet have one"
    )
