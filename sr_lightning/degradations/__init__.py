"""Degradations: compute low-resolution images from high-resolution ones."""

from sr_lightning.degradations.bicubic import Bicubic
from sr_lightning.degradations.blur import Blur
from sr_lightning.degradations.chain import Chain
from sr_lightning.degradations.degradation import Degradation
from sr_lightning.degradations.jpeg import JPEG
from sr_lightning.degradations.noise import Noise
from sr_lightning.degradations.random_degradation import RandomDegradation
from sr_lightning.degradations.random_draws import Record, SampleKey, SampleRNG
from sr_lightning.degradations.resize import Resize
from sr_lightning.degradations.sharpen import Sharpen
from sr_lightning.degradations.stage import Stage

__all__ = [
    "JPEG",
    "Bicubic",
    "Blur",
    "Chain",
    "Degradation",
    "Noise",
    "RandomDegradation",
    "Record",
    "Resize",
    "SampleKey",
    "SampleRNG",
    "Sharpen",
    "Stage",
]
