"""Protocol of a discriminator."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Discriminator(Protocol):
    """A network that rates images: any ``nn.Module`` with this member; it need not inherit from this class.

    Attributes:
        smallest: minimum height and width of its images; networks that lack this attribute take any size.
    Shape:
        (B, channels, H, W) in [0, 1], generated images may exceed it -> logits (B, …), larger for real images.
    """

    def __call__(self, image: Tensor) -> Tensor: ...


def smallest_size(discriminator: nn.Module | None) -> int:
    """Return the minimum height and width of a discriminator's images; 1 if it has no attribute ``smallest``."""
    return int(getattr(discriminator, "smallest", 1))
