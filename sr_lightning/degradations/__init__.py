"""What makes a low-resolution image of a photograph: hr batch -> (lr, hr), on the device, without gradients."""

from sr_lightning.degradations.bicubic import Bicubic
from sr_lightning.degradations.blur import Blur
from sr_lightning.degradations.chain import Chain
from sr_lightning.degradations.jpeg import JPEG
from sr_lightning.degradations.noise import Noise
from sr_lightning.degradations.random_degradation import RandomDegradation
from sr_lightning.degradations.random_draws import FIXED, TRAINING, Dice, Key, Record
from sr_lightning.degradations.resize import Resize
from sr_lightning.degradations.sharpen import Sharpen
from sr_lightning.degradations.stage import Stage

__all__ = [
    "FIXED",
    "JPEG",
    "TRAINING",
    "Bicubic",
    "Blur",
    "Chain",
    "Dice",
    "Key",
    "Noise",
    "RandomDegradation",
    "Record",
    "Resize",
    "Sharpen",
    "Stage",
]
