"""Generators and their parts.

A generator maps (B, C, h, w) in [0, 1] to (B, C, s*h, s*w), not clamped; it has the attributes ``scale`` and
``channels``.
"""

from sr_lightning.generators.blocks import RRDB, ResidualBlock
from sr_lightning.generators.compact import Compact
from sr_lightning.generators.head_tail import Head, Tail
from sr_lightning.generators.interpolation import Interpolation, NoSkip
from sr_lightning.generators.msrresnet import MSRResNet
from sr_lightning.generators.protocol import Generator
from sr_lightning.generators.srcnn import SRCNN
from sr_lightning.generators.trunk import TrunkGenerator
from sr_lightning.generators.upsamplers import Nearest, Shuffle

__all__ = [
    "RRDB",
    "SRCNN",
    "Compact",
    "Generator",
    "Head",
    "Interpolation",
    "MSRResNet",
    "Nearest",
    "NoSkip",
    "ResidualBlock",
    "Shuffle",
    "Tail",
    "TrunkGenerator",
]
