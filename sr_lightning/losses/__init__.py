"""Pixel, perceptual and GAN losses, and the objective that combines them."""

from sr_lightning.losses.gan import GAN, Hinge, LeastSquares, Relativistic, Vanilla
from sr_lightning.losses.objective import Losses, Objective, Reconstruction
from sr_lightning.losses.perceptual import Perceptual

__all__ = [
    "GAN",
    "Hinge",
    "LeastSquares",
    "Losses",
    "Objective",
    "Perceptual",
    "Reconstruction",
    "Relativistic",
    "Vanilla",
]
