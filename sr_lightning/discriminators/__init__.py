"""Networks that tell real images from generated ones: (B, C, H, W) -> logits."""

from sr_lightning.discriminators.patch import PatchDiscriminator
from sr_lightning.discriminators.unet import UNetDiscriminator
from sr_lightning.discriminators.vgg import VGGDiscriminator

__all__ = ["PatchDiscriminator", "UNetDiscriminator", "VGGDiscriminator"]
