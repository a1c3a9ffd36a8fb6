"""Outputs of a network with both kinds of batch norm statistics."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sr_lightning.callbacks.batch_norm_gap import use_batch_statistics


class BothStatistics(NamedTuple):
    """Outputs of one network for one image.

    Attributes:
        running: (3, s*h, s*w) in [0, 1], with the running statistics, as in use.
        own: the same with the statistics of the image itself, as in training.
        gap: root mean squared difference in levels of 255; 0 without batch norm.
    """

    running: Tensor
    own: Tensor
    gap: float


@torch.no_grad()
def upscale_with_both_statistics(generator: nn.Module, lr: Tensor) -> BothStatistics:
    """Upscale an image with running statistics and with the statistics of the image.

    Source:
        ESRGAN, arXiv:1809.00219, sec. 3.1.
    Args:
        generator: in evaluation mode; its running statistics are not changed.
        lr: (3, h, w) in [0, 1].
    """
    running = generator(lr[None])[0].clamp(0, 1)
    with use_batch_statistics(generator):
        own = generator(lr[None])[0].clamp(0, 1)
    return BothStatistics(running, own, 255 * float((running - own).square().mean().sqrt()))
