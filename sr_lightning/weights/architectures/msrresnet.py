"""MSRResNet of BasicSR; this library uses the published parameter names."""

from collections.abc import Mapping
from math import isqrt

from torch import Tensor, nn

from sr_lightning.generators import MSRResNet
from sr_lightning.weights.architectures.base import Recognized, count, shape

EXPECTED = "MSRResNet (conv_first, body.0.conv1, upconv1)"


def has_names(weights: Mapping[str, Tensor]) -> bool:
    """Return True for weights with the characteristic names."""
    return {"body.0.conv1.weight", "upconv1.weight"} <= weights.keys()


def recognize(weights: Mapping[str, Tensor]) -> Recognized | None:
    """Return the network, or None for weights of another architecture.

    Raises:
        ValueError: the names match, but the shapes do not fit together.
    """
    if not has_names(weights):
        return None
    depth = count(weights, lambda block: f"body.{block}.conv1.weight")
    width, channels, *_ = shape(weights, "conv_first.weight")
    factor = isqrt(shape(weights, "upconv1.weight")[0] // width)
    scale = factor ** count(weights, lambda step: f"upconv{step + 1}.weight")
    return Recognized(lambda: MSRResNet(width, depth, scale, channels), dict(weights))


def publish(generator: nn.Module) -> dict[str, Tensor] | None:
    """Return the weights under their published names, or None for another network."""
    return generator.state_dict() if isinstance(generator, MSRResNet) else None
