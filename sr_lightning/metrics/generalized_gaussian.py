"""Asymmetric generalized Gaussian distribution, a model of natural image statistics."""

import torch
from torch import Tensor

SHAPES = torch.linspace(0.2, 10, 9801, dtype=torch.float64)


def moment_ratio(shape: Tensor) -> Tensor:
    """Return E[|x|]² / E[x²] of a symmetric generalized Gaussian: 1/2 for shape 1 (Laplace), 2/π for 2 (normal)."""
    return (2 * torch.lgamma(2 / shape) - torch.lgamma(1 / shape) - torch.lgamma(3 / shape)).exp()


def fit(samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit by moment matching: Lasmar, Stitou & Berthoumieu 2009, "Multiscale skewed heavy tailed model for texture
    analysis", as NIQE uses it.

    The density is proportional to exp(-(-x / left)^shape) for x < 0 and exp(-(x / right)^shape) for x > 0.

    Args:
        samples: (..., N) float64.

    Shape:
        shape, left, right: (...) each. The shape is the best of 0.2, 0.201, …, 10. If one side has no samples, its
        scale is nan and the shape 0.2, as in the authors' program.
    """
    left_deviation = root_mean_square(samples, samples < 0)
    right_deviation = root_mean_square(samples, samples > 0)
    skew = left_deviation / right_deviation
    ratio = samples.abs().mean(-1).square() / samples.square().mean(-1)
    ratio = ratio * (skew**3 + 1) * (skew + 1) / (skew**2 + 1).square()
    shapes = SHAPES.to(samples.device)
    ratios = moment_ratio(shapes)  # increasing: the midpoints separate the nearest values
    nearest = torch.bucketize(ratio, (ratios[1:] + ratios[:-1]) / 2)
    shape = shapes[nearest.masked_fill(ratio.isnan(), 0)]
    scale = ((torch.lgamma(1 / shape) - torch.lgamma(3 / shape)) / 2).exp()
    return shape, left_deviation * scale, right_deviation * scale


def root_mean_square(samples: Tensor, where: Tensor) -> Tensor:
    """Return the root mean square over the last dimension of the samples selected by `where`; nan if there are none."""
    return ((samples.square() * where).sum(-1) / where.sum(-1)).sqrt()
