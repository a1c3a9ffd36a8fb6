"""GAN losses of the generator and the discriminator, functions of the logits of real and generated images.

Losses that need more than logits are regularizers, see ``regularizers``.
"""

from typing import Any, Protocol

import torch
from torch import Tensor, distributed
from torch.nn import functional as F


class GAN(Protocol):
    """Losses of the generator and the discriminator, given the discriminator's logits.

    Both methods take ``real`` and ``fake``, logits of real and generated images of equal shape (B, …), and return a
    float32 scalar: a mean, so that the losses of the parts of a batch, and of several devices, can be averaged. The
    generator's loss gets ``real`` without gradients.

    Attributes:
        compares: the loss compares images of a batch with each other, so a part of the batch needs the logits of the
            other parts.
    """

    compares: bool = False

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the loss of the generator."""
        ...

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """Return the loss of the discriminator."""
        ...


class Vanilla(GAN):
    """Cross-entropy of the discriminator; the generator minimizes the non-saturating -log D(fake).

    Source:
        SRGAN, Ledig et al. 2017, arXiv:1609.04802, eq. 2 and 6.
    Raises:
        ValueError: logits of unequal shapes.
    """

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        _, fake = checked(real, fake)
        return F.softplus(-fake).mean()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = checked(real, fake)
        return F.softplus(-real).mean() + F.softplus(fake).mean()


class Relativistic(GAN):
    """Relativistic average GAN loss; the generator's is the discriminator's with real and fake swapped.

    The mean logits are taken over the full batch of all processes, and gradients flow through them.

    Source:
        ESRGAN, Wang et al. 2018, arXiv:1809.00219, eq. 1 and 2; RaGAN of Jolicoeur-Martineau 2018, arXiv:1807.00734.
    Raises:
        ValueError: logits of unequal shapes.
    """

    compares = True

    # A sum of two expectations, as in the paper. BasicSR takes their mean, for both networks: half of these values.

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = checked(real, fake)
        return self.discriminator(real=fake, fake=real)

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = checked(real, fake)
        mean_real, mean_fake = mean_over_processes(torch.stack([real.mean(), fake.mean()]))
        return F.softplus(mean_fake - real).mean() + F.softplus(fake - mean_real).mean()


class Hinge(GAN):
    """Hinge loss for the discriminator; the generator's loss is linear in the logits.

    Source:
        Lim & Ye 2017, "Geometric GAN", arXiv:1705.02894.
    Raises:
        ValueError: logits of unequal shapes.
    """

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        _, fake = checked(real, fake)
        return -fake.mean()

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = checked(real, fake)
        return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


class LeastSquares(GAN):
    """Least-squares regression to 1 for real and 0 for fake images; the generator's target is 1.

    Source:
        LSGAN, Mao et al. 2017, arXiv:1611.04076, eq. 9.
    Raises:
        ValueError: logits of unequal shapes.
    """

    def generator(self, real: Tensor, fake: Tensor) -> Tensor:
        _, fake = checked(real, fake)
        return (fake - 1).square().mean() / 2

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        real, fake = checked(real, fake)
        return ((real - 1).square().mean() + fake.square().mean()) / 2


def checked(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Check that both logits have one shape, and return them in float32."""
    if real.shape != fake.shape:
        raise ValueError(f"logits of real and fake differ in shape: {tuple(real.shape)} and {tuple(fake.shape)}")
    return real.float(), fake.float()


def mean_over_processes(value: Tensor) -> Tensor:
    """Average a value over all processes, with gradients: N processes of B images act as one of N*B images."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return value
    return SumOverProcesses.apply(value) / distributed.get_world_size()


class SumOverProcesses(torch.autograd.Function):
    """Differentiable sum over all processes; each value enters every loss, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return SumOverProcesses.apply(gradient)
