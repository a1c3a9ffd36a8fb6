"""Receptive fields of generators: which input pixels an output pixel depends on, and how strongly."""

import copy

import torch
from torch import Tensor, nn

from sr_lightning.generators.protocol import channels_of

LARGEST = 4096  # LR pixels


@torch.no_grad()
def receptive_field(generator: nn.Module) -> float:
    """Return the side of the receptive field in LR pixels: on how many an HR pixel depends, along one axis.

    One LR pixel of a strip is set to NaN, which reaches all HR pixels that depend on it. Their number over the scale is
    the mean over HR pixels, as those between two LR pixels may differ by one.

    Args:
        generator: a network of convolutions with the attribute ``scale``, and ``channels`` unless they are 3.
    Raises:
        ValueError: the receptive field is unbounded, as with global pooling, or larger than 4096.
    """
    network, scale = copy.deepcopy(generator).cpu().eval(), int(generator.scale)  # type: ignore[arg-type]
    network = network.double()  # computed without Winograd kernels, which would spread NaN within a block
    width = 1024
    while width <= LARGEST:
        lr = torch.zeros(1, channels_of(generator), 1, width, dtype=torch.float64)
        lr[..., width // 2] = torch.nan
        reached = network(lr).isnan().any(1)[0].any(0)
        if not (reached[0] or reached[-1]):
            return int(reached.sum()) / scale
        width *= 2
    raise ValueError(f"an HR pixel depends on more than {LARGEST} LR pixels along one axis")


def influence(generator: nn.Module, lr: Tensor) -> Tensor:
    """Return how strongly each LR pixel influences the HR pixel in the center: the norm of its gradient.

    Source:
        Luo et al. 2016, "Understanding the effective receptive field", arXiv:1701.04128.
    Args:
        generator: in evaluation mode, on the device of ``lr``.
        lr: an image.
    Shape:
        (C, h, w) in [0, 1] -> (h, w), at least 0
    """
    image = lr[None].detach().clone().requires_grad_()
    output = generator(image)
    height, width = output.shape[-2:]
    (gradient,) = torch.autograd.grad(output[0, :, height // 2, width // 2].sum(), image)
    return gradient[0].norm(dim=0)
