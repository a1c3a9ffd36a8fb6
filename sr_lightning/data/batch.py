"""Batches: raw items as the datasets return them, and the LR/HR pairs that reach a network."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from sr_lightning.degradations import Degradation, SampleKey
from sr_lightning.ops.quantize import from_uint8, to_uint8


class CropBatch(NamedTuple):
    """Training crops before flips, conversion and degradation.

    Args:
        image: (B,) indices of the images.
        top, left: (B,) corners of the HR crops, in pixels.
        symmetry: (B,) symmetry of each crop, see `apply_symmetry`.
        keys: B keys of the random degradation.
        hr: (B, 3, s*h, s*w) uint8; None if the crops are taken from a store on the device.
        lr: (B, 3, h, w) uint8; None if LR images are computed or taken from a store on the device.
    """

    image: Tensor
    top: Tensor
    left: Tensor
    symmetry: Tensor
    keys: Sequence[SampleKey]
    hr: Tensor | None = None
    lr: Tensor | None = None


class ImageItem(NamedTuple):
    """A full image before conversion and degradation.

    Args:
        hr: (1, 3, s*h, s*w) uint8.
        lr: (1, 3, h, w) uint8; None if it is computed.
        image: (1,) index of the image.
        name: path of the file.
        key: key of the random degradation.
    """

    hr: Tensor
    lr: Tensor | None
    image: Tensor
    name: str
    key: SampleKey


class Batch(NamedTuple):
    """Pairs of images in [0, 1].

    Args:
        lr: (B, C, h, w).
        hr: (B, C, s*h, s*w).
        image: (B,) indices of the images.
        name: path of the file for a full image, empty for crops.
    """

    lr: Tensor
    hr: Tensor
    image: Tensor
    name: str = ""


class ImageBatches:
    """Convert full images to batches, and compute LR images that have no file.

    Random LR images are computed once and cached in 8 bits. They are computed on the CPU, as the same seed gives
    different noise on each kind of device.

    Args:
        degradation: computes LR images.
    """

    def __init__(self, degradation: Degradation) -> None:
        self.degradation = degradation
        self.cached: dict[str, Tensor] = {}

    def __call__(self, item: ImageItem) -> Batch:
        hr = from_uint8(item.hr)
        lr = self.degrade(item, hr) if item.lr is None else from_uint8(item.lr)
        return Batch(lr, hr, item.image, item.name)

    def degrade(self, item: ImageItem, hr: Tensor) -> Tensor:
        """Return the LR image. Shape: (1, 3, s*h, s*w) in [0, 1] -> (1, 3, h, w) in [0, 1]."""
        if not self.degradation.is_random:
            return self.degradation(hr, self.degradation.draw([item.key]))
        if item.name not in self.cached:
            self.cached[item.name] = to_uint8(self.degradation(hr.cpu(), self.degradation.draw([item.key])))
        return from_uint8(self.cached[item.name].to(hr.device))
