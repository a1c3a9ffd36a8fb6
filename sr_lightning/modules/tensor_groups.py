"""Many tensors as a few long ones: one operation, one message, in the place of hundreds."""

from collections.abc import Iterable

import torch
from torch import Tensor


def by_type(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """The tensors in groups of one type each."""
    groups: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.dtype, []).append(tensor)
    return list(groups.values())


def join(group: list[Tensor]) -> Tensor:
    """A copy of all values, one after another."""
    return torch.cat([tensor.flatten() for tensor in group])


@torch.no_grad()
def spread(values: Tensor, group: list[Tensor]) -> None:
    """Put what ``join`` returned back into the tensors."""
    parts = values.split([tensor.numel() for tensor in group])
    torch._foreach_copy_(group, [part.view_as(tensor) for part, tensor in zip(parts, group, strict=True)])
