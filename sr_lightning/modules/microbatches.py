"""A batch that is computed part by part, for losses that compare its images with each other."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Logits(NamedTuple):
    """What the discriminator says of each image, (B, …): of true and of generated ones."""

    real: Tensor
    fake: Tensor


def completed(part: Tensor, number: int, known: Sequence[Tensor]) -> Tensor:
    """Logits of the whole batch, of which one part carries gradients.

    A loss that is a mean over the whole batch, times this part's share of it, then gives this part the gradient that
    it has in that mean: the parts' gradients add up to those of the whole batch.

    Args:
        part: logits of this part, (b, …).
        number: of the part.
        known: logits of all parts, without gradients.
    Shape:
        (B, …), B the images of all parts.
    """
    share = len(part) / sum(map(len, known))
    live = part.detach() + (part - part.detach()) / share
    return torch.cat([*known[:number], live, *known[number + 1 :]])
