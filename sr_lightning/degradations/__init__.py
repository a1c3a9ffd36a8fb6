"""What makes a low-resolution image of a photograph: hr batch -> (lr, hr), on the device, without gradients."""

from sr_lightning.degradations.bicubic import Bicubic

__all__ = ["Bicubic"]
