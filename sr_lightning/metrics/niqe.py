"""NIQE: no-reference distance from the statistics of natural photographs."""

from importlib.resources import as_file, files

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_lightning.metrics import generalized_gaussian
from sr_lightning.metrics.base import ImageMetric
from sr_lightning.metrics.gaussian_window import local_mean
from sr_lightning.ops.resize import bicubic

BLOCK = 96


class NIQE(ImageMetric):
    """Natural image quality evaluator, lower is better: Mittal, Soundararajan & Bovik 2013, "Making a completely blind
    image quality analyzer".

    The distance between two Gaussians, fitted to the features of the image's blocks and of pristine photographs. The
    parameters of the latter are those published by the authors (LIVE lab), taken from basicsr 1.4.2 (Apache-2.0).
    Measured on Y; `hr` is ignored. The value is nan if fewer than two blocks have texture.

    Args:
        border: pixels removed on each side before measuring.

    Raises:
        ValueError: an image has fewer than two blocks of 96x96 pixels after the border is removed.
    """

    title, digits = "NIQE", 2
    higher_is_better = False

    def __init__(self, border: int = 0) -> None:
        super().__init__(border)
        with as_file(files(__package__) / "niqe_pristine_parameters.npz") as path, np.load(path) as pristine:
            self.mean = torch.from_numpy(pristine["mu_pris_param"]).flatten()
            self.covariance = torch.from_numpy(pristine["cov_pris_param"])

    def measure(self, sr: Tensor, hr: Tensor) -> Tensor:
        sr, _ = self.prepare(sr, hr)
        height, width = sr.shape[-2:]
        if (height // BLOCK) * (width // BLOCK) < 2:
            raise ValueError(
                f"NIQE needs two blocks of {BLOCK}x{BLOCK} pixels, got {width}x{height} after a border of {self.border}"
            )
        return torch.stack([self.distance(blocks) for blocks in features(255 * sr)])

    def distance(self, blocks: Tensor) -> Tensor:
        """Return the distance between the Gaussian of one image's block features, (n, 36), and the pristine one."""
        textured = blocks[~blocks.isnan().any(1)]
        if len(textured) < 2:
            return blocks.new_tensor(torch.nan)
        covariance = (self.covariance.to(blocks.device) + textured.T.cov()) / 2
        difference = self.mean.to(blocks.device) - blocks.nanmean(0)
        return (difference @ torch.linalg.pinv(covariance) @ difference).sqrt()


def features(image: Tensor) -> Tensor:
    """Return the features of each block at full and half resolution.

    Args:
        image: Y, (B, 1, H, W) float64 in [0, 255]; partial blocks on the right and at the bottom are ignored.

    Shape:
        (B, n, 36) for n blocks of 96x96; nan where a block is flat.
    """
    height, width = (size // BLOCK * BLOCK for size in image.shape[-2:])
    image = image[..., :height, :width]
    half = bicubic(image / 255, 0.5) * 255
    return torch.cat([block_features(normalize(image), BLOCK), block_features(normalize(half), BLOCK // 2)], dim=-1)


def normalize(image: Tensor) -> Tensor:
    """Subtract the local mean and divide by the local deviation plus one (eq. 1-3). Shape: (B, 1, H, W).

    The subtraction is done in float32, as in BasicSR, so that flat regions become exactly 0: the fits depend on signs,
    and float64 rounding errors would have random ones.
    """
    padded = F.pad(image, (3, 3, 3, 3), mode="replicate")
    mean = local_mean(padded, 7, 7 / 6)
    deviation = (local_mean(padded.square(), 7, 7 / 6) - mean.square()).abs().sqrt()
    return (image.float() - mean.float()).double() / (deviation + 1)


def block_features(image: Tensor, size: int) -> Tensor:
    """Fit the pixels of each block, and their products with the neighbors in four directions.

    Args:
        image: (B, 1, H, W); H and W are multiples of `size`.

    Shape:
        (B, n, 18) for n blocks of sizexsize.
    """
    blocks = image.unfold(-2, size, size).unfold(-2, size, size).flatten(1, 3)  # (B, n, size, size)
    shape, left, right = generalized_gaussian.fit(blocks.flatten(-2))
    parameters = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = generalized_gaussian.fit((blocks * blocks.roll(shift, (-2, -1))).flatten(-2))
        mean = (right - left) * (torch.lgamma(2 / shape) - torch.lgamma(1 / shape)).exp()
        parameters += [shape, mean, left, right]
    return torch.stack(parameters, dim=-1)
