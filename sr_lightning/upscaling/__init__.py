"""A trained network on images of any size and kind."""

from sr_lightning.upscaling.pictures import upscale_picture
from sr_lightning.upscaling.upscaler import Upscaler, upscale_image

__all__ = ["Upscaler", "upscale_image", "upscale_picture"]
