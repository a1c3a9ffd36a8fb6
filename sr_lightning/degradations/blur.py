"""Blur by a random kernel."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sr_lightning.degradations import blur_kernels
from sr_lightning.degradations.random_draws import Dice, Record
from sr_lightning.degradations.stage import fraction, interval, shares
from sr_lightning.ops.filtering import filtered
from sr_lightning.system.hardware import copy_to_device

SHAPES = {"gaussian": blur_kernels.gaussian, "generalized": blur_kernels.gaussian, "plateau": blur_kernels.plateau}
KINDS = [f"{shape}_{axes}" for shape in SHAPES for axes in ("isotropic", "anisotropic")] + ["sinc"]
LARGE = 13  # pixels: kernels from here on may pass as little as `cutoff_large` says


class Blur:
    """A kernel of random size and kind for each sample.

    Args:
        probability: that there is a blur.
        kinds: weight of each kind of kernel.
        size: least and largest, in pixels; odd.
        sigma: widths of kernels other than sinc, in pixels.
        beta_generalized: exponents of the generalised Gaussians: half of them below 1, half above.
        beta_plateau: of the plateau-shaped ones, likewise.
        cutoff: of sinc kernels, in units of the highest frequency.
        cutoff_large: the same for kernels of 13 pixels and more.
    Raises:
        ValueError: a setting that is impossible.
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
        self.kinds = shares("kinds", kinds, KINDS)
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

    def draw(self, dice: Dice) -> Record | None:
        if not dice.happens(self.probability):
            return None
        kind = dice.choice(self.kinds)
        size = 2 * dice.whole([int(side) // 2 for side in self.size]) + 1
        record: Record = {"kind": kind, "size": size}
        if kind == "sinc":
            return record | {"cutoff": dice.uniform(self.cutoff if size < LARGE else self.cutoff_large)}
        shape, axes = kind.split("_")
        sigma = dice.uniform(self.sigma)
        record["sigma"] = [sigma, sigma if axes == "isotropic" else dice.uniform(self.sigma)]
        record["angle"] = 0.0 if axes == "isotropic" else dice.uniform((-np.pi, np.pi))
        if shape != "gaussian":
            low, high = self.beta[shape]
            middle = min(max(low, 1), high)
            record["beta"] = dice.uniform((low, middle) if dice.happens(0.5) else (middle, high))
        return record

    def apply(self, image: Tensor, record: Record, size: tuple[int, int]) -> Tensor:
        return filtered(image, copy_to_device(torch.tensor(kernel(**record), dtype=image.dtype), image.device))


def kernel(kind: str, size: int, **shape: Any) -> np.ndarray:
    """The kernel that a record describes."""
    return blur_kernels.sinc(size, **shape) if kind == "sinc" else SHAPES[kind.split("_")[0]](size, **shape)
