"""Concatenate many tensors, for one operation or message instead of hundreds."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from sr_lightning.system.torch_compat import copy_all


def by_type(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """Group tensors by dtype."""
    groups: dict[torch.dtype, list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault(tensor.dtype, []).append(tensor)
    return list(groups.values())


def join(group: list[Tensor]) -> Tensor:
    """Return a flat copy of all tensors of a group."""
    return torch.cat([tensor.flatten() for tensor in group])


def spread(values: Tensor, group: list[Tensor]) -> None:
    """Copy a flat tensor, as returned by ``join``, into the tensors of a group."""
    parts = values.split([tensor.numel() for tensor in group])
    copy_all([part.view_as(tensor) for part, tensor in zip(parts, group, strict=True)], group)


@contextmanager
def restored(tensors: Iterable[Tensor]) -> Iterator[None]:
    """Restore the values of tensors at the end of the block."""
    groups = by_type(tensors)
    saved = [join(group) for group in groups]
    try:
        yield
    finally:
        for values, group in zip(saved, groups, strict=True):
            spread(values, group)
