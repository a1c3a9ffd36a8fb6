"""Network interpolation: the weighted sum of the parameters of two or more networks."""

import copy
from collections.abc import Mapping, Sequence
from itertools import zip_longest

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.weights.loading import describe
from sr_lightning.weights.state_dicts import format_names

Weights = Mapping[str, Tensor]


def interpolate(generators: Mapping[str, nn.Module], shares: Sequence[float]) -> nn.Module:
    """Return a network whose parameters are the weighted sum of those of ``generators``.

    Args:
        generators: name, e.g. the file -> network; the name appears in error messages.
        shares: weight of each network; (1 - alpha, alpha) for two.
    Raises:
        ValueError: fewer than two networks, or shares that do not match their number or do not sum to 1.
        InputError: different architectures, or a share outside [0, 1] that makes a variance negative.
    Source:
        ESRGAN, arXiv:1809.00219, eq. 4.
    """
    check_same_architecture(generators)
    states = {name: generator.state_dict() for name, generator in generators.items()}
    weights = weighted_sum(states, shares)
    network = copy.deepcopy(next(iter(generators.values())))
    network.load_state_dict(weights)
    return network


@torch.no_grad()
def weighted_sum(states: Mapping[str, Weights], shares: Sequence[float]) -> dict[str, Tensor]:
    """Return the weighted sum of parameters and floating-point buffers, computed in float64 and rounded to float32.

    Integer buffers, such as batch norm's number of batches, are taken from the network with the largest share (the last
    one of equals). A share of 0 ignores the network; a share of 1 returns its weights bit for bit.

    Args:
        states: name, e.g. the file -> weights.
        shares: weight of each.
    Raises:
        ValueError: as ``interpolate``.
        InputError: names or shapes differ, or a variance becomes negative.
    """
    if len(states) < 2 or len(states) != len(shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"need two or more networks and one share for each, with the sum 1; got {list(shares)}")
    check_same_weights(states)
    parts = [(share, state) for share, state in zip(shares, states.values(), strict=True) if share != 0]
    largest = max(parts, key=lambda part: part[0])[0]
    main = [state for share, state in parts if share == largest][-1]
    result = {}
    for name, value in main.items():
        if not value.is_floating_point():
            result[name] = value.clone()
            continue
        result[name] = torch.stack([share * state[name].double() for share, state in parts]).sum(0).float()
        if name.endswith("running_var") and (result[name] < 0).any():
            raise InputError(
                f"{' and '.join(states)}: {name}, a variance, becomes negative with the shares "
                f"{', '.join(f'{share:g}' for share in shares)}; use shares closer to [0, 1]"
            )
    return result


def check_same_weights(states: Mapping[str, Weights]) -> None:
    """Check that all states have the names and shapes of the first.

    Raises:
        InputError: they differ; the message names the first difference.
    """
    (first, expected), *others = states.items()
    for other, actual in others:
        for name in [*expected, *actual]:
            one, two = (describe(state.get(name)) for state in (expected, actual))
            if one != two:
                raise InputError(
                    f"networks of different architecture: {format_names([name])} is {one} in {first} and "
                    f"{two} in {other}; only networks of one architecture can be interpolated; they should share their "
                    "initial training"
                )


def check_same_architecture(generators: Mapping[str, nn.Module]) -> None:
    """Check that all networks equal the first, also in settings without weights, e.g. the scale or residual scaling.

    Raises:
        InputError: they differ; the message names the first difference.
    """
    check_same_weights({name: generator.state_dict() for name, generator in generators.items()})
    (first, expected), *others = ((name, describe_layers(generator)) for name, generator in generators.items())
    for other, actual in others:
        for one, two in zip_longest(expected, actual, fillvalue="nothing more"):
            if one != two:
                raise InputError(
                    f"networks of different architecture: {one} in {first} and {two} in {other}; "
                    "only networks of one architecture can be interpolated"
                )


def describe_layers(generator: nn.Module) -> list[str]:
    """Return one line per layer, with its name, type and settings."""
    layers = []
    for name, part in generator.named_modules():
        about = part.extra_repr() or ", ".join(
            f"{key}={value}" for key, value in vars(part).items() if type(value) in (int, float) and key[0] != "_"
        )
        layers.append(f"{name or 'the network'} is {type(part).__name__}({about})")
    return layers
