"""Split batches into parts, for losses that compare the images of a batch with each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor


class Logits(NamedTuple):
    """Logits of real and of generated images, (B, …) each."""

    real: Tensor
    fake: Tensor


@dataclass(frozen=True)
class Part:
    """A part of a batch.

    Attributes:
        lr: (b, C, h, w).
        hr: (b, C, s*h, s*w).
        share: fraction of the batch's images in this part.
        number: index of the part.
    """

    lr: Tensor
    hr: Tensor
    share: float
    number: int


def split(lr: Tensor, hr: Tensor, count: int) -> list[Part]:
    """Split a batch into at most ``count`` parts of nearly equal size."""
    pairs = zip(lr.chunk(count), hr.chunk(count), strict=True)
    return [Part(part_lr, part_hr, len(part_hr) / len(hr), number) for number, (part_lr, part_hr) in enumerate(pairs)]


def complete(part: Logits, number: int, batch: Sequence[Logits]) -> Logits:
    """Return the logits of the complete batch, with gradients for one part of it.

    Args:
        part: logits of this part, with gradients.
        number: index of the part.
        batch: logits of all parts, without gradients.
    """
    real = with_gradients_of(part.real, number, [each.real for each in batch])
    return Logits(real, with_gradients_of(part.fake, number, [each.fake for each in batch]))


def with_gradients_of(part: Tensor, number: int, batch: Sequence[Tensor]) -> Tensor:
    """Return the values of all parts, with gradients for one part.

    A loss that averages over the batch, times this part's fraction of the batch, then has the gradient of this part in
    that average, so the gradients of all parts sum up to those of the complete batch.

    Shape:
        (b, …) and all parts -> (B, …)
    """
    share = len(part) / sum(map(len, batch))
    live = part.detach() + (part - part.detach()) / share
    return torch.cat([*batch[:number], live, *batch[number + 1 :]])
