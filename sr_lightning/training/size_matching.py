"""Choose one size of a generator such that its cost equals that of a reference.

Comparisons of blocks are fairer between networks with equally many parameters or multiply-adds.
"""

import logging

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from torch import nn

from sr_lightning.errors import InputError
from sr_lightning.generators.complexity import multiply_adds, parameters
from sr_lightning.generators.protocol import channels_of
from sr_lightning.system.torch_compat import fake_tensors

log = logging.getLogger(__name__)
TOLERANCE = 0.1  # largest relative deviation from the reference's cost
LARGEST = 4096  # largest size that is tried
UNITS = {"params": "parameters", "macs": "multiply-adds"}


def match_size(config: DictConfig, reference: DictConfig) -> DictConfig:
    """Return a copy of the configuration in which the generator costs about as much as the reference's.

    Args:
        config: its ``match`` is the kind of cost, ``params`` or ``macs``; its ``match_by`` is the key that is set.
        reference: configuration with the reference generator.
    Raises:
        InputError: the generator has no such size, or no size comes within ``TOLERANCE`` of the reference.
    """
    key = config.match_by
    if not isinstance(OmegaConf.select(config, key), int):
        raise InputError(f"match_by={key}: is not a whole number of this network; set match_by=generator.width")
    target = cost(reference)
    size, reached = nearest(config, key, target)
    result = f"match={config.match}: {key}={size} gives {reached:,} {UNITS[config.match]}, the reference has {target:,}"
    if abs(reached - target) > TOLERANCE * target:
        raise InputError(f"{result}; set match_by to another of generator.depth, generator.width, block.growth")
    log.info("%s", result)
    matched = config.copy()
    OmegaConf.update(matched, key, size)
    return matched


def cost(config: DictConfig) -> int:
    """Return the cost of a configuration's generator: parameters or multiply-adds, as ``match`` says."""
    with fake_tensors():  # no memory, no random numbers
        generator: nn.Module = instantiate(config.generator)
    if config.match == "params":
        return parameters(generator)
    return multiply_adds(generator, config.data.crop, channels_of(generator))


def nearest(config: DictConfig, key: str, target: int) -> tuple[int, int]:
    """Return the size whose cost is nearest to ``target``, and this cost, by bisection; the cost must be monotonic."""
    trial = config.copy()
    costs: dict[int, int] = {}

    def cost_of(size: int) -> int:
        if size not in costs:
            OmegaConf.update(trial, key, size)
            costs[size] = cost(trial)
        return costs[size]

    low, high = 1, 2
    while cost_of(high) < target and high < LARGEST:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if cost_of(middle) < target else (low, middle)
    best = min((low, high), key=lambda size: abs(cost_of(size) - target))
    return best, cost_of(best)
