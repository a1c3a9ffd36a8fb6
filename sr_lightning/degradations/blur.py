"""Blur with a random kernel."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sr_lightning.degradations import blur_kernels
from sr_lightning.degradations.random_draws import Record, SampleRNG
from sr_lightning.degradations.stage import choice_weights, fraction, interval
from sr_lightning.ops.filtering import filter2d
from sr_lightning.system.hardware import copy_to_device

SHAPES = {"gaussian": blur_kernels.gaussian, "generalized": blur_kernels.gaussian, "plateau": blur_kernels.plateau}
KINDS = [f"{shape}_{axes}" for shape in SHAPES for axes in ("isotropic", "anisotropic")] + ["sinc"]
LARGE = 13  # pixels: sinc kernels of this size and above draw from `cutoff_large`


class Blur:
    """Blur with a kernel whose kind, size and shape are drawn per sample.

    Args:
        probability: of blurring a sample.
        kinds: weight of each kind of kernel, see `KINDS`.
        size: smallest and largest kernel size, in pixels; odd.
        sigma: interval of standard deviations of all kernels but sinc, in pixels.
        beta_generalized: interval of exponents of generalized Gaussians; half of the draws are below 1, half above.
        beta_plateau: the same for plateau-shaped kernels.
        cutoff: interval of cutoff frequencies of sinc kernels, 1 is the Nyquist frequency.
        cutoff_large: the same for kernels of 13 pixels and more.
    Raises:
        ValueError: an invalid setting.
    """

    def __init__(
        self,
        probability: float,
        kinds: Mapping[str, float],
        size: Sequence[int],
        sigma: Sequence[float] = (1, 1),
        beta_generalized: Sequence[float] = (1, 1),
        beta_plateau: Sequence[float] = (1, 1),
        cutoff: Sequence[float] = (1 / 3, 1),
        cutoff_large: Sequence[float] = (1 / 5, 1),
    ) -> None:
        self.probability = fraction("probability", probability)
        self.kinds = choice_weights("kinds", kinds, KINDS)
        self.size = interval("size", size, 1)
        if any(not isinstance(side, int) or side % 2 == 0 for side in size):
            raise ValueError(f"size must be odd, got {list(size)}")
        self.sigma = interval("sigma", sigma, 0.01)
        self.beta = {
            "generalized": interval("beta_generalized", beta_generalized, 0.01),
            "plateau": interval("beta_plateau", beta_plateau, 0.01),
        }
        self.cutoff = interval("cutoff", cutoff, 0.01, 1)
        self.cutoff_large = interval("cutoff_large", cutoff_large, 0.01, 1)

    def draw(self, rng: SampleRNG) -> Record | None:
        """Draw kind, size and shape of the kernel."""
        if not rng.chance(self.probability):
            return None
        kind = rng.choice(self.kinds)
        size = 2 * rng.integer([int(side) // 2 for side in self.size]) + 1
        record: Record = {"kind": kind, "size": size}
        if kind == "sinc":
            return record | {"cutoff": rng.uniform(self.cutoff if size < LARGE else self.cutoff_large)}
        shape, axes = kind.split("_")
        sigma = rng.uniform(self.sigma)
        record["sigma"] = [sigma, sigma if axes == "isotropic" else rng.uniform(self.sigma)]
        record["angle"] = 0.0 if axes == "isotropic" else rng.uniform((-np.pi, np.pi))
        if shape != "gaussian":
            low, high = self.beta[shape]
            middle = min(max(low, 1), high)
            record["beta"] = rng.uniform((low, middle) if rng.chance(0.5) else (middle, high))
        return record

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        """Filter with the drawn kernel; edges are mirrored. Shape: (C, H, W) -> the same."""
        return filter2d(image, copy_to_device(torch.tensor(kernel(**record), dtype=image.dtype), image.device))


def kernel(kind: str, size: int, **shape: Any) -> np.ndarray:
    """Return the kernel described by a record. Shape: (size, size), float64."""
    return blur_kernels.sinc(size, **shape) if kind == "sinc" else SHAPES[kind.split("_")[0]](size, **shape)
