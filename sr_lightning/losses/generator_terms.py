"""The generator's adversarial loss as two terms: expectations over real and over generated images."""

from torch import Tensor
from torch.nn import functional as F


def vanilla_terms(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return both terms of the standard GAN's loss; that of real images is zero.

    Source:
        SRGAN, arXiv:1609.04802, eq. 6.
    Shape:
        logits (B, …) -> two scalars, whose sum is ``Vanilla().generator(real, fake)``
    """
    return real.new_zeros(()), F.softplus(-fake.float()).mean()


def relativistic_terms(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return both terms of the relativistic average GAN's loss.

    Both have gradients with respect to ``fake``: the term of real images through the mean of the generated ones.

    Source:
        ESRGAN, arXiv:1809.00219, eq. 2.
    Shape:
        logits (B, …) -> two scalars, whose sum is ``Relativistic().generator(real, fake)``
    """
    real, fake = real.float(), fake.float()
    return F.softplus(real - fake.mean()).mean(), F.softplus(real.mean() - fake).mean()
