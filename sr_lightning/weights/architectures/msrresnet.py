"""MSRResNet of BasicSR; this library has the published names."""

from collections.abc import Mapping
from math import isqrt

from torch import Tensor, nn

from sr_lightning.generators import MSRResNet
from sr_lightning.weights.architectures.base import Recognised, count, shape

EXPECTED = "MSRResNet (conv_first, body.0.conv1, upconv1)"


def recognise(weights: Mapping[str, Tensor]) -> Recognised | None:
    """The network, or None where these are not the weights of one.

    Raises:
        ValueError: they are, but shapes do not fit.
    """
    depth = count(weights, lambda block: f"body.{block}.conv1.weight")
    if not depth or "upconv1.weight" not in weights:
        return None
    width, channels, *_ = shape(weights, "conv_first.weight")
    factor = isqrt(shape(weights, "upconv1.weight")[0] // width)
    scale = factor ** count(weights, lambda step: f"upconv{step + 1}.weight")
    return Recognised(lambda: MSRResNet(width, depth, scale, channels), dict(weights))


def publish(generator: nn.Module) -> dict[str, Tensor] | None:
    """The weights as published, or None for another network."""
    return generator.state_dict() if isinstance(generator, MSRResNet) else None
