"""Give an image the channels that a network expects, and take back those of the image."""

import torch
from torch import Tensor


def to_channels(image: Tensor, channels: int) -> Tensor:
    """Return an image with the number of channels of a network's input.

    Gray is repeated, RGB becomes gray as the mean of its channels, and a fourth channel is an opaque alpha.

    Shape:
        (1, H, W), (3, H, W) or (channels, H, W) -> (channels, H, W)
    Raises:
        ValueError: RGB for a network with another number of channels than 1, 3 or 4.
    """
    if len(image) == channels:
        return image
    if channels == 1:
        return image.mean(0, keepdim=True)
    if channels == 4:
        return torch.cat([image.expand(3, *image.shape[1:]), image.new_ones(1, *image.shape[1:])])
    if len(image) == 1:
        return image.expand(channels, *image.shape[1:])
    raise ValueError(f"a network for {channels} channels cannot upscale an image of {len(image)}")


def from_channels(enlarged: Tensor, channels: int) -> Tensor:
    """Return a network's output with the number of channels of the image.

    Gray is the mean of the color channels, RGB repeats gray, and alpha is dropped; an output with other channels than
    these is returned as it is.

    Shape:
        (C, H, W) -> (channels, H, W)
    """
    count = len(enlarged)
    if channels == 1 and count > 1:
        return enlarged[: 3 if count == 4 else count].mean(0, keepdim=True)
    if channels == 3 and count == 1:
        return enlarged.repeat(3, 1, 1)
    return enlarged[:3] if (channels, count) == (3, 4) else enlarged
