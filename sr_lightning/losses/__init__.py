"""Pixel, perceptual and GAN losses, the objective that combines them, and discriminator regularizers."""

from sr_lightning.losses.gan import GAN, Hinge, LeastSquares, Relativistic, Vanilla
from sr_lightning.losses.objective import Losses, Objective, Reconstruction
from sr_lightning.losses.perceptual import Perceptual
from sr_lightning.losses.regularizers import R1, DiscriminatorContext, Regularizer

__all__ = [
    "GAN",
    "R1",
    "DiscriminatorContext",
    "Hinge",
    "LeastSquares",
    "Losses",
    "Objective",
    "Perceptual",
    "Reconstruction",
    "Regularizer",
    "Relativistic",
    "Vanilla",
]
