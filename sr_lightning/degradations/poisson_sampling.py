"""Fast Poisson sampling: an 8-bit image has few distinct rates, so their distributions fit into a table.

The alias method needs one table lookup per draw, where ``torch.poisson`` uses rejection sampling at each pixel.

Source:
    Walker 1977, doi:10.1145/355744.355749; tables by Vose 1991, doi:10.1109/32.92917.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

LEVELS, MAX_BITS = 256, 8
DEVIATIONS = 10  # the table ends this many standard deviations above the largest rate; float64 gives 0 beyond


def counts(level: Tensor, bits: Tensor, generator: torch.Generator) -> Tensor:
    """Draw Poisson counts of rate level / 255 · 2^bits.

    Args:
        level: integers from 0 to 255, any shape.
        bits: integer from 0 to 8, a scalar on the same device.
        generator: source of random numbers, on the same device.
    """
    accept, alias = tables(level.device)
    row = level.flatten() + LEVELS * bits
    width = accept.shape[1]
    draw = torch.rand((2, row.numel()), generator=generator, device=level.device)
    column = (draw[0] * width).long().clamp_max(width - 1)
    index = row * width + column
    return torch.where(draw[1] < accept.take(index), column, alias.take(index)).view(level.shape)


@lru_cache(maxsize=8)
def tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the acceptance and alias tables. Shape: (9 * 256, width), rows ordered by bits, then level."""
    from scipy.special import gammaln, xlogy  # here because scipy is slow to import

    width = int(LEVELS + DEVIATIONS * LEVELS**0.5)
    peaks = 2 ** np.arange(MAX_BITS + 1)
    rates = np.outer(peaks, np.arange(LEVELS) / 255).flatten()
    count = np.arange(width)
    probability = np.exp(xlogy(count, rates[:, None]) - rates[:, None] - gammaln(count + 1))
    accept, alias = alias_tables(probability / probability.sum(axis=1, keepdims=True))
    return torch.tensor(accept, dtype=torch.float32, device=device), torch.tensor(alias, device=device)


def alias_tables(probability: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Build the alias tables of several discrete distributions at once.

    All columns have equal probability; values rarer than that leave part of their column to a more frequent value.
    Each step completes one column, in all distributions together.

    Args:
        probability: rows of sum 1.
    Shape:
        (N, K) -> (N, K) probability of staying in the column, (N, K) value to return otherwise.
    """
    count, width = probability.shape
    rows = np.arange(count)
    order = np.argsort(probability, axis=1)
    weight = probability * width
    accept, alias = np.ones_like(probability), np.tile(np.arange(width), (count, 1))
    rare, frequent = np.zeros(count, dtype=int), np.full(count, width - 1)
    rest = weight[rows, order[:, -1]]  # weight of the current frequent value that is not yet placed
    for _ in range(width - 1):
        full = rest < 1  # less than one column is left: the next frequent value fills it up
        small, large = order[rows, rare], order[rows, frequent]
        following = order[rows, np.maximum(frequent - 1, 0)]
        small_weight = weight[rows, small]
        accept[rows, np.where(full, large, small)] = np.where(full, rest, small_weight)
        alias[rows, np.where(full, large, small)] = np.where(full, following, large)
        rest = np.where(full, weight[rows, following] - (1 - rest), rest - (1 - small_weight))
        rare, frequent = rare + ~full, frequent - full
    return accept, alias
