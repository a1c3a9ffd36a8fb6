"""Protocol of a generator."""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn

RGB = 3


@runtime_checkable
class Generator(Protocol):
    """A network that enlarges images: any ``nn.Module`` with these members; it need not inherit from this class.

    Attributes:
        scale: HR size over LR size.
        channels: of the images; networks that lack this attribute take RGB images.
    Shape:
        lr (B, channels, h, w) in [0, 1] -> sr (B, channels, scale*h, scale*w), not clamped; any h, w >= 1.
    """

    scale: int

    def __call__(self, lr: Tensor) -> Tensor: ...


def channels_of(generator: nn.Module) -> int:
    """Return the number of image channels of a generator; 3 if it has no attribute ``channels``."""
    return int(getattr(generator, "channels", RGB))
