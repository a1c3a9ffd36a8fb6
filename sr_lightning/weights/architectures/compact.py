"""SRVGGNetCompact, the small networks of Real-ESRGAN; this library uses the published parameter names."""

from collections.abc import Mapping
from math import isqrt

from torch import Tensor, nn

from sr_lightning.generators import Compact
from sr_lightning.weights.architectures.base import Recognized, count, shape

EXPECTED = "SRVGGNetCompact (body.0, body.1)"


def recognize(weights: Mapping[str, Tensor]) -> Recognized | None:
    """Return the network, or None for weights of another architecture.

    Raises:
        ValueError: the names match, but the shapes do not fit together.
    """
    if not {"body.0.weight", "body.1.weight", "body.2.weight"} <= weights.keys():
        return None
    last = 2 * count(weights, lambda number: f"body.{2 * number + 1}.weight")
    width, channels, *_ = shape(weights, "body.0.weight")
    channels_out = shape(weights, f"body.{last}.weight")[0]
    scale = isqrt(channels_out // channels)
    if channels_out != channels * scale**2 or scale < 1:
        raise ValueError(
            f"an SRVGGNetCompact from {channels} to {channels_out} channels; expected {channels} * scale^2"
        )
    depth = last // 2 - 1
    return Recognized(lambda: Compact(width, depth, scale, channels), dict(weights))


def publish(generator: nn.Module) -> dict[str, Tensor] | None:
    """Return the weights under their published names, or None for another network."""
    return generator.state_dict() if isinstance(generator, Compact) else None
