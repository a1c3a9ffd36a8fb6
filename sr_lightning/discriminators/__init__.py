"""Discriminators: networks (B, C, H, W) -> logits, large for real images.

The attribute ``smallest`` of networks for images of any size is the smallest supported height and width.
"""

from sr_lightning.discriminators.patch import PatchDiscriminator
from sr_lightning.discriminators.protocol import Discriminator
from sr_lightning.discriminators.unet import UNetDiscriminator
from sr_lightning.discriminators.vgg import VGGDiscriminator

__all__ = ["Discriminator", "PatchDiscriminator", "UNetDiscriminator", "VGGDiscriminator"]
