"""What training minimises."""

from sr_lightning.losses.adversarial import GAN, Hinge, LeastSquares, Relativistic, Vanilla
from sr_lightning.losses.frozen import Frozen
from sr_lightning.losses.objective import Losses, Objective, Reconstruction
from sr_lightning.losses.perceptual import Perceptual
from sr_lightning.losses.stand_in import StandIn
from sr_lightning.losses.vgg import VGG
from sr_lightning.losses.vgg_weights import embedded

__all__ = [
    "GAN",
    "VGG",
    "Frozen",
    "Hinge",
    "LeastSquares",
    "Losses",
    "Objective",
    "Perceptual",
    "Reconstruction",
    "Relativistic",
    "StandIn",
    "Vanilla",
    "embedded",
]
