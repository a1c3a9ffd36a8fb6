"""Split batches for losses that compare the images of a batch with each other."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Logits(NamedTuple):
    """Logits of real and of generated images, (B, …) each."""

    real: Tensor
    fake: Tensor


def completed(part: Tensor, number: int, known: Sequence[Tensor]) -> Tensor:
    """Return the logits of the complete batch, with gradients for one part of it.

    A loss that averages over the batch, times this part's fraction of the batch, then has the gradient of this part in
    that average, so the gradients of all parts sum up to those of the complete batch.

    Args:
        part: logits of this part, (b, …), with gradients.
        number: index of the part.
        known: logits of all parts, without gradients.
    Shape:
        (B, …), B the images of all parts.
    """
    share = len(part) / sum(map(len, known))
    live = part.detach() + (part - part.detach()) / share
    return torch.cat([*known[:number], live, *known[number + 1 :]])
