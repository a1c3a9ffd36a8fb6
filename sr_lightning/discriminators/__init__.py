"""Discriminators: networks (B, C, H, W) -> logits, large for real images; ``smallest`` is the least image size."""

from sr_lightning.discriminators.patch import PatchDiscriminator
from sr_lightning.discriminators.protocol import Discriminator
from sr_lightning.discriminators.unet import UNetDiscriminator
from sr_lightning.discriminators.vgg import VGGDiscriminator

__all__ = ["Discriminator", "PatchDiscriminator", "UNetDiscriminator", "VGGDiscriminator"]
