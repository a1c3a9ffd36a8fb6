"""NIQE: how far an image is from the statistics of natural photographs, with no reference."""

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

    The distance between two Gaussians: of the features of this image's blocks, and of those of pristine photographs.
    The latter's parameters are the published ones of the authors (LIVE lab), taken from PyPI's basicsr 1.4.2
    (Apache-2.0). Measured on Y; `hr` is accepted as by every metric and ignored. It is nan for an image of which fewer
    than two blocks have any texture.

    Args:
        border: pixels removed on each side before measuring.

    Raises:
        ValueError: of an image, fewer than two blocks of 96x96 pixels are left.
    """

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
                f"NIQE needs two blocks of {BLOCK}x{BLOCK} pixels, got {height}x{width} after a border of {self.border}"
            )
        return torch.stack([self.distance(blocks) for blocks in features(255 * sr)])

    def distance(self, blocks: Tensor) -> Tensor:
        """From the Gaussian fitted to the features of one image's blocks, (n, 36), to the pristine one."""
        textured = blocks[~blocks.isnan().any(1)]
        if len(textured) < 2:
            return blocks.new_tensor(torch.nan)
        covariance = (self.covariance.to(blocks.device) + textured.T.cov()) / 2
        difference = self.mean.to(blocks.device) - blocks.nanmean(0)
        return (difference @ torch.linalg.pinv(covariance) @ difference).sqrt()


def features(image: Tensor) -> Tensor:
    """The features of each block at full and at half size.

    Args:
        image: Y, (B, 1, H, W) float64 in [0, 255]; what exceeds whole blocks on the right and below is left out.

    Shape:
        (B, n, 36) for n blocks of 96x96; nan where a block is flat.
    """
    height, width = (size // BLOCK * BLOCK for size in image.shape[-2:])
    image = image[..., :height, :width]
    half = bicubic(image / 255, 0.5) * 255
    return torch.cat([block_features(normalized(image), BLOCK), block_features(normalized(half), BLOCK // 2)], dim=-1)


def normalized(image: Tensor) -> Tensor:
    """The image less its local mean, over its local deviation plus one (eq. 1-3), (B, 1, H, W).

    The subtraction is made in float32, as in BasicSR, whose values the tests hold: the pixels of a flat region become 0
    and not the rounding errors of a sum, whose signs the fits would count.
    """
    padded = F.pad(image, (3, 3, 3, 3), mode="replicate")
    mean = local_mean(padded, 7, 7 / 6)
    deviation = (local_mean(padded.square(), 7, 7 / 6) - mean.square()).abs().sqrt()
    return (image.float() - mean.float()).double() / (deviation + 1)


def block_features(image: Tensor, size: int) -> Tensor:
    """Of each block: the fit of its pixels, and of the products with their neighbours in four directions.

    Args:
        image: (B, 1, H, W), whole blocks.

    Shape:
        (B, n, 18) for n blocks of sizexsize.
    """
    blocks = image.unfold(-2, size, size).unfold(-2, size, size).flatten(1, 3)  # (B, n, size, size)
    shape, left, right = generalized_gaussian.fit(blocks.flatten(-2))
    found = [shape, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        shape, left, right = generalized_gaussian.fit((blocks * blocks.roll(shift, (-2, -1))).flatten(-2))
        mean = (right - left) * (torch.lgamma(2 / shape) - torch.lgamma(1 / shape)).exp()
        found += [shape, mean, left, right]
    return torch.stack(found, dim=-1)
