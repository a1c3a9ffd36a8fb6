"""Upscale an image of any Python type in one call."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from sr_lightning import image as files
from sr_lightning.image import Picture
from sr_lightning.ops.quantize import to_uint8
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.ops.value_range import to_unit_range
from sr_lightning.upscaling.picture import upscale_picture
from sr_lightning.upscaling.upscaler import Upscaler
from sr_lightning.weights.by_name import load_generator
from sr_lightning.weights.published import SMALL


def upscale_image(
    image: Any, weights: str | Path | nn.Module = SMALL, outscale: float | None = None, **options: Any
) -> Any:
    """Upscale one image and return it as the same type; for many images create an ``Upscaler`` once.

    Args:
        image: a Tensor of shape (C, H, W) or (B, C, H, W), floating point in [0, 1] or uint8; an array of shape
            (H, W) or (H, W, C) in RGB order (OpenCV reads BGR), uint8 or uint16, with 1 to 4 channels, of which the
            second or fourth is alpha, or floating point in [0, 1] with 1 or 3 channels; a PIL image; or a path.
            A network of N channels also takes tensors of N channels.
        weights: what ``weights.load`` takes, a baseline such as ``bicubic``, or a network with the attribute ``scale``.
        outscale: output size over input size; None: the network's scale.
        options: of ``Upscaler``: ``device``, ``precision``, ``tile``, ``overlap``.
    Returns:
        the upscaled image as the type of the input, with its depth, alpha and mode; for a path, a PIL image. Values of
        floating-point images are in [0, 1]; tensors are returned on the device of the input.
    Raises:
        TypeError: an object that is not an image.
        ValueError: an invalid shape, data type or range of values, or an invalid option.
        InputError: a file that cannot be read, or unknown weights.
    Example:
        >>> upscale_image(np.zeros((5, 7, 3), np.uint8), "bicubic").shape
        (20, 28, 3)
    """
    check(image)
    upscaler = Upscaler(weights if isinstance(weights, nn.Module) else load_generator(str(weights)), **options)
    if isinstance(image, Tensor):
        return upscale_tensor(upscaler, image, outscale)
    if isinstance(image, np.ndarray) and image.dtype.kind == "f":
        planes = torch.from_numpy(np.ascontiguousarray(np.atleast_3d(image).transpose(2, 0, 1), np.float32))
        enlarged = upscale_tensor(upscaler, planes, outscale).permute(1, 2, 0).numpy()
        return enlarged.reshape(*enlarged.shape[:2], *image.shape[2:]).astype(image.dtype)
    if isinstance(image, np.ndarray):
        enlarged = upscale_picture(upscaler, Picture(np.atleast_3d(image)), outscale).pixels
        return enlarged.reshape(*enlarged.shape[:2], *image.shape[2:])
    picture = files.from_pil(image) if isinstance(image, Image.Image) else files.read_picture(image)
    return files.to_pil(upscale_picture(upscaler, picture, outscale))


def upscale_tensor(upscaler: Upscaler, image: Tensor, outscale: float | None) -> Tensor:
    """Upscale (C, H, W) or (B, C, H, W)."""
    if image.ndim == 4:
        return torch.stack([upscale_tensor(upscaler, item, outscale) for item in image])
    enlarged = upscaler(to_unit_range(image.detach().cpu()).float())
    if outscale is not None and outscale != upscaler.scale:
        height, width = (max(round(side * outscale), 1) for side in image.shape[1:])
        enlarged = bicubic_to(enlarged, height, width).clamp_(0, 1)
    return to_uint8(enlarged).to(image.device) if image.dtype == torch.uint8 else enlarged.to(image)


def check(image: Any) -> None:
    """Check the type, data type and range of values of an image before its network is loaded.

    Raises:
        TypeError: an object that is not an image.
        ValueError: an invalid shape, data type or range of values.
    """
    if isinstance(image, str | Path | Image.Image):
        return
    if not isinstance(image, Tensor | np.ndarray):
        raise TypeError(f"image must be a Tensor, an array, a PIL image or a path, got {type(image).__name__}")
    shape, dtype = tuple(image.shape), str(image.dtype)
    if isinstance(image, Tensor):
        if image.ndim not in (3, 4) or 0 in shape:
            raise ValueError(f"tensor: shape must be (C, H, W) or (B, C, H, W), got {shape}")
        to_unit_range(image)
        return
    floating = image.dtype.kind == "f"
    channels = (1, 3) if floating else (1, 2, 3, 4)
    if image.ndim not in (2, 3) or (image.ndim == 3 and shape[2] not in channels) or 0 in shape:
        numbers = ", ".join(map(str, channels))
        raise ValueError(f"array of {dtype}: shape must be (H, W) or (H, W, C) with C in {numbers}, got {shape}")
    if floating:
        to_unit_range(torch.from_numpy(np.asarray(image, np.float32)))
    elif dtype not in ("uint8", "uint16"):
        raise ValueError(f"image must be floating point in [0, 1] or uint8 or uint16, got {dtype}")
