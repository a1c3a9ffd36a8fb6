"""Upscale an image and keep its alpha channel, bit depth, gray or color mode, and metadata."""

from collections.abc import Callable

import numpy as np
from torch import Tensor, from_numpy
from torch.nn import functional as F

from sr_lightning.image import Bands, Picture, collect
from sr_lightning.image.limits import is_transparent
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscaling.bands import upscale_bands
from sr_lightning.upscaling.upscaler import Upscaler, average_progress

LARGE_OUTPUT = 2**26
"""Number of output pixels above which the output is computed in bands."""


def upscale_picture(
    upscaler: Upscaler,
    picture: Picture,
    outscale: float | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Picture:
    """Upscale color and alpha.

    Args:
        upscaler: the network.
        picture: an image of any mode and depth.
        outscale: output size over input size; the network's output is resized by MATLAB's bicubic. None: the network's
            scale.
        on_progress: called repeatedly with the number of input pixels finished since the last call.
    Raises:
        InputError: as ``Upscaler``.
    """
    if can_use_bands(upscaler.scale, picture, outscale):
        return collect(picture_bands(upscaler, picture, on_progress))
    color, alpha = picture.color, picture.alpha
    height, width = color.shape[1:]
    factor = upscaler.scale if outscale is None else outscale
    size = max(round(height * factor), 1), max(round(width * factor), 1)
    masked = alpha is not None and bool(alpha.min() < 1)
    share = None if on_progress is None else average_progress(1 + masked, on_progress)
    if alpha is not None and masked:
        enlarged_alpha = resize_to(clamp_alpha(upscaler(alpha, share), alpha, upscaler.scale), size)
        color = fill_hidden_color(color, alpha)
    elif alpha is not None:
        enlarged_alpha = alpha.new_ones(1, *size)
    else:
        enlarged_alpha = None
    enlarged = resize_to(upscaler(color, share), size)
    return Picture.of(enlarged, enlarged_alpha, picture.depth, picture.metadata)


def upscale_to_write(
    upscaler: Upscaler,
    picture: Picture,
    outscale: float | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Picture | Bands:
    """Upscale as `upscale_picture` does; large outputs are computed while they are written."""
    if can_use_bands(upscaler.scale, picture, outscale):
        return picture_bands(upscaler, picture, on_progress)
    return upscale_picture(upscaler, picture, outscale, on_progress)


def can_use_bands(scale: int, picture: Picture, outscale: float | None) -> bool:
    """Return True for a large output of the network's scale without transparency, which is computed in bands."""
    height, width = picture.pixels.shape[:2]
    is_large = height * width * scale**2 > LARGE_OUTPUT
    return is_large and outscale in (None, scale) and not is_transparent(picture)


def picture_bands(upscaler: Upscaler, picture: Picture, on_progress: Callable[[int], None] | None) -> Bands:
    """Return the upscaled picture as bands, which are computed when they are read."""
    (height, width, channels), scale = picture.pixels.shape, upscaler.scale
    rows = upscale_bands(upscaler, picture, on_progress)
    return Bands(height * scale, width * scale, channels, picture.depth, picture.metadata, rows)


def resize_to(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (C, H, W) to a size (height, width) by bicubic interpolation, not clamped."""
    return image if image.shape[1:] == size else bicubic_to(image, *size)


def clamp_alpha(enlarged: Tensor, alpha: Tensor, scale: int) -> Tensor:
    """Clamp the network's alpha to the range of the input alpha in the 3x3 neighborhood of each pixel.

    The network keeps outlines as sharp as those of the color, unlike interpolation. Clamping prevents holes in opaque
    areas and speckles in transparent ones.

    Shape:
        (1, scale*H, scale*W), (1, H, W) -> (1, scale*H, scale*W)
    """
    padded = F.pad(alpha[None], (1, 1, 1, 1), mode="replicate")
    most, least = F.max_pool2d(padded, 3, 1), -F.max_pool2d(-padded, 3, 1)
    bounds = [F.interpolate(bound, scale_factor=scale, mode="nearest")[0] for bound in (least, most)]
    return enlarged.clamp(*bounds)


def fill_hidden_color(color: Tensor, alpha: Tensor) -> Tensor:
    """Replace the color of fully transparent pixels by that of the nearest visible pixel.

    The hidden color is arbitrary, often black or white, and the network would blend it into visible edges.

    Shape:
        (C, H, W), (1, H, W) -> (C, H, W)
    """
    hidden = alpha[0].numpy() == 0
    if hidden.all():
        return color
    from scipy import ndimage  # imported here because it is slow and rarely needed

    rows, columns = ndimage.distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return from_numpy(np.ascontiguousarray(color.numpy()[:, rows, columns]))
