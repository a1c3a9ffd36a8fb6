"""Counts of photons, quickly: an 8-bit image has few different rates, so their laws fit into a table.

A draw is one look into the table by the alias method, where ``torch.poisson`` tries and rejects at each pixel.

Source:
    Walker 1977, doi:10.1145/355744.355749; tables by Vose 1991, doi:10.1109/32.92917.
"""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

LEVELS, MOST_BITS = 256, 8
DEVIATIONS = 10  # of the law of the largest rate that the table reaches beyond it: float64 has nothing there


def counts(level: Tensor, bits: Tensor, generator: torch.Generator) -> Tensor:
    """Poisson counts of rate level / 255 · 2^bits.

    Args:
        level: 0 … 255, any shape.
        bits: 0 … 8, a scalar on the same device.
    """
    accept, alias = tables(level.device)
    row = level.flatten() + LEVELS * bits
    width = accept.shape[1]
    draw = torch.rand((2, row.numel()), generator=generator, device=level.device)
    column = (draw[0] * width).long().clamp_max(width - 1)
    place = row * width + column
    return torch.where(draw[1] < accept.take(place), column, alias.take(place)).view(level.shape)


@lru_cache(maxsize=8)
def tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """For each number of bits and each level, in this order: how often a column is taken itself, and what else."""
    from scipy.special import gammaln, xlogy  # here because scipy is slow to import

    width = int(LEVELS + DEVIATIONS * LEVELS**0.5)
    peaks = 2 ** np.arange(MOST_BITS + 1)
    rates = np.outer(peaks, np.arange(LEVELS) / 255).flatten()
    count = np.arange(width)
    law = np.exp(xlogy(count, rates[:, None]) - rates[:, None] - gammaln(count + 1))
    accept, alias = alias_tables(law / law.sum(axis=1, keepdims=True))
    return torch.tensor(accept, dtype=torch.float32, device=device), torch.tensor(alias, device=device)


def alias_tables(law: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The tables of several laws at once.

    Each column has the same share of the whole; rare values leave room in theirs, which frequent ones fill. One value
    after the other is finished, in all laws together.

    Shape:
        (N, K), rows of sum 1 -> (N, K) probability to stay in the column, (N, K) value otherwise.
    """
    count, width = law.shape
    rows = np.arange(count)
    order = np.argsort(law, axis=1)
    weight = law * width
    accept, alias = np.ones_like(law), np.tile(np.arange(width), (count, 1))
    rare, frequent = np.zeros(count, dtype=int), np.full(count, width - 1)
    rest = weight[rows, order[:, -1]]  # what the frequent value at hand still has to place
    for _ in range(width - 1):
        full = rest < 1  # it has become rare itself: the next frequent one fills its column
        small, large = order[rows, rare], order[rows, frequent]
        following = order[rows, np.maximum(frequent - 1, 0)]
        own = weight[rows, small]
        accept[rows, np.where(full, large, small)] = np.where(full, rest, own)
        alias[rows, np.where(full, large, small)] = np.where(full, following, large)
        rest = np.where(full, weight[rows, following] - (1 - rest), rest - (1 - own))
        rare, frequent = rare + ~full, frequent - full
    return accept, alias
