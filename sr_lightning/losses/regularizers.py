"""Discriminator regularizers: losses that need images and the discriminator itself, not only its logits."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call


class DiscriminatorContext(NamedTuple):
    """Images and discriminator of one update, for a regularizer.

    Attributes:
        real: real images as the discriminator sees them, (B, C, H, W) float32, without gradients.
        fake: generated images, of the same shape, without gradients.
        discriminator: maps images (B, C, H, W) to logits (B, …), with gradients to the images and to the
            discriminator's parameters. Running statistics do not change.
    """

    real: Tensor
    fake: Tensor
    discriminator: Callable[[Tensor], Tensor]


class Regularizer(Protocol):
    """Additional loss of the discriminator: a scalar, the mean over the images of a context.

    It is computed without autocast, i.e. in float32 at any training precision.

    Attributes:
        every: the loss is computed in every n-th update of the discriminator, times n (lazy regularization, StyleGAN2,
            arXiv:1912.04958, sec. 3.1).
    """

    every: int

    def __call__(self, context: DiscriminatorContext) -> Tensor: ...


class R1(Regularizer):
    """Half of gamma times the squared norm of the gradient of the logits with respect to real images.

    The logits of an image are summed, if there are several. It keeps the discriminator flat around real images, which
    stabilizes training; batch norm in the discriminator couples the gradients of different images.

    Source:
        Mescheder et al. 2018, "Which training methods for GANs do actually converge?", arXiv:1801.04406, eq. 9.
    Args:
        gamma: strength.
        every: see `Regularizer`.
    Raises:
        ValueError: a negative gamma, or ``every`` below 1.
    """

    def __init__(self, gamma: float = 10.0, every: int = 1) -> None:
        if gamma < 0 or every < 1:
            raise ValueError(f"gamma must be at least 0 and every at least 1, got {gamma} and {every}")
        self.gamma, self.every = gamma, every

    def __call__(self, context: DiscriminatorContext) -> Tensor:
        real = context.real.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(context.discriminator(real).sum(), real, create_graph=True)
        return self.gamma / 2 * gradient.square().flatten(1).sum(1).mean()


def discriminator_context(discriminator: nn.Module, real: Tensor, fake: Tensor) -> DiscriminatorContext:
    """Return the context of a batch.

    Args:
        discriminator: (B, C, H, W) -> logits.
        real: (B, C, H, W).
        fake: (B, C, H, W).
    """

    def logits(images: Tensor) -> Tensor:
        buffers = {name: buffer.clone() for name, buffer in discriminator.named_buffers()}
        result: Tensor = functional_call(discriminator, buffers, (images,))
        return result

    return DiscriminatorContext(real.detach().float(), fake.detach().float(), logits)
