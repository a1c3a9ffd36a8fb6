"""SRVGGNetCompact, the small networks of Real-ESRGAN; this library uses the published parameter names."""

import re
from collections.abc import Callable, Mapping
from math import isqrt, pi

import torch
from torch import Tensor, nn

from sr_lightning.generators import Compact
from sr_lightning.ops.resize import bicubic
from sr_lightning.weights.architectures.base import Recognized, count, shape

EXPECTED = "SRVGGNetCompact (body.0, body.1)"
NAME = re.compile(r"body\.\d+\.(weight|bias)")
WITHOUT_WEIGHTS: Mapping[str, Callable[[int], nn.Module]] = {
    "ReLU": lambda _: nn.ReLU(),
    "LeakyReLU": lambda _: nn.LeakyReLU(0.1),
}


def has_names(weights: Mapping[str, Tensor]) -> bool:
    """Return True for weights with the characteristic names; without PReLU's weights, also by the shapes."""
    if not {"body.0.weight", "body.2.weight"} <= weights.keys() or not all(map(NAME.fullmatch, weights)):
        return False
    first, second = weights["body.0.weight"], weights["body.2.weight"]
    if "body.1.weight" in weights:
        return weights["body.1.weight"].ndim == 1
    three = first.shape[2:] == second.shape[2:] == (3, 3)
    return three and all(int(name.split(".")[1]) % 2 == 0 for name in weights) and "body.4.weight" in weights


def recognize(weights: Mapping[str, Tensor]) -> Recognized | None:
    """Return the network, or None for weights of another architecture.

    Raises:
        ValueError: the names match, but the shapes do not fit together.
    """
    if not has_names(weights):
        return None
    last = 2 * count(weights, lambda number: f"body.{2 * number + 2}.weight")
    width, channels, *_ = shape(weights, "body.0.weight")
    channels_out = shape(weights, f"body.{last}.weight")[0]
    scale = isqrt(channels_out // channels)
    if channels_out != channels * scale**2 or scale < 1:
        raise ValueError(
            f"an SRVGGNetCompact from {channels} to {channels_out} channels; expected {channels} * scale^2"
        )
    depth = last // 2 - 1
    if "body.1.weight" in weights:
        return Recognized(lambda: Compact(width, depth, scale, channels), dict(weights))
    name = choose_activation(weights, width, depth, scale, channels)
    note = (
        f"the weights do not say whether the network has {' or '.join(WITHOUT_WEIGHTS)}; took {name}, with which its "
        "output is closer to bicubic interpolation"
    )
    return Recognized(lambda: Compact(width, depth, scale, channels, WITHOUT_WEIGHTS[name]), dict(weights), note=note)


def choose_activation(weights: Mapping[str, Tensor], width: int, depth: int, scale: int, channels: int) -> str:
    """Return the activation with which the network enlarges a smooth image most like bicubic interpolation.

    ReLU and LeakyReLU have no weights, so the file does not say which one it was trained with; with the other one, a
    trained network distorts even smooth images.

    Args:
        weights: of a `Compact` of these sizes; shapes that differ are reported where they are loaded.
    """
    x, y = torch.meshgrid(torch.linspace(0, 1, 24), torch.linspace(0, 1, 24), indexing="xy")
    waves = [0.5 + 0.4 * torch.sin(2 * pi * (x * (1 + i % 2) + y * (0.5 + i % 3) + i / 3)) for i in range(channels)]
    lr = torch.stack(waves)[None]
    expected = bicubic(lr, scale)
    errors = {}
    for name, activation in WITHOUT_WEIGHTS.items():
        try:
            with torch.device("meta"):
                network = Compact(width, depth, scale, channels, activation)
            network.load_state_dict({key: value.float().cpu() for key, value in weights.items()}, assign=True)
            with torch.inference_mode():
                errors[name] = float((network(lr) - expected).square().mean())
        except (RuntimeError, ValueError):
            errors[name] = 0.0
    return min(errors, key=lambda name: errors[name])


def publish(generator: nn.Module) -> dict[str, Tensor] | None:
    """Return the weights under their published names, or None for another network."""
    return generator.state_dict() if isinstance(generator, Compact) else None
