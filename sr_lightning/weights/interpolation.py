"""Network interpolation: a network between two or more others, its weights the weighted sum of theirs."""

import copy
from collections.abc import Mapping, Sequence
from itertools import zip_longest

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.weights.loading import description
from sr_lightning.weights.state_dicts import shown

Weights = Mapping[str, Tensor]


def interpolate(generators: Mapping[str, nn.Module], shares: Sequence[float]) -> nn.Module:
    """A new network of the same architecture between ``generators``.

    Args:
        generators: name, such as the file -> network.
        shares: of each; (1 - alpha, alpha) for two.
    Raises:
        ValueError: fewer than two networks, or another number of shares than of networks, or they do not sum to 1.
        InputError: networks of different architecture, or a share outside [0, 1] that makes a variance negative.
    Source:
        ESRGAN, arXiv:1809.00219, eq. 4.
    """
    same_architecture(generators)
    states = {name: generator.state_dict() for name, generator in generators.items()}
    weights = weighted_sum(states, shares)
    network = copy.deepcopy(next(iter(generators.values())))
    network.load_state_dict(weights)
    return network


@torch.no_grad()
def weighted_sum(states: Mapping[str, Weights], shares: Sequence[float]) -> dict[str, Tensor]:
    """Parameters and floating-point buffers summed with their shares, in float64, rounded to float32.

    What is counted and not measured, such as batch norm's number of batches, is the largest share's (the last of
    equals). A network with a share of 0 has no part, and one with a share of 1 comes out bit for bit.

    Args:
        states: name, such as the file -> weights.
        shares: of each.
    Raises:
        ValueError: as ``interpolate``.
        InputError: the first name or shape that differs, or a variance that becomes negative.
    """
    if len(states) < 2 or len(states) != len(shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"two or more networks and as many shares with the sum 1 are needed, got {list(shares)}")
    same_weights(states)
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
                f"{', '.join(f'{share:g}' for share in shares)}; go less far outside [0, 1]"
            )
    return result


def same_weights(states: Mapping[str, Weights]) -> None:
    """Compare all with the first.

    Raises:
        InputError: names or shapes differ; the first difference is named.
    """
    (first, expected), *others = states.items()
    for other, found in others:
        for name in [*expected, *found]:
            one, two = (description(state.get(name)) for state in (expected, found))
            if one != two:
                raise InputError(
                    f"networks of different architecture: {shown([name])} is {one} in {first} and {two} in {other}; "
                    "only networks of one architecture can be interpolated, best one that was trained from the other"
                )


def same_architecture(generators: Mapping[str, nn.Module]) -> None:
    """Compare all with the first, also in what weights do not tell, such as the scale and the factor of a residual.

    Raises:
        InputError: they differ; the first difference is named.
    """
    same_weights({name: generator.state_dict() for name, generator in generators.items()})
    (first, expected), *others = ((name, told(generator)) for name, generator in generators.items())
    for other, found in others:
        for one, two in zip_longest(expected, found, fillvalue="nothing more"):
            if one != two:
                raise InputError(
                    f"networks of different architecture: {one} in {first} and {two} in {other}; "
                    "only networks of one architecture can be interpolated"
                )


def told(generator: nn.Module) -> list[str]:
    """A network, layer by layer."""
    layers = []
    for name, part in generator.named_modules():
        about = part.extra_repr() or ", ".join(
            f"{key}={value}" for key, value in vars(part).items() if type(value) in (int, float) and key[0] != "_"
        )
        layers.append(f"{name or 'the network'} is {type(part).__name__}({about})")
    return layers
