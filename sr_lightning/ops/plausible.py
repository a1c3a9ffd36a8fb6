"""High-resolution patches that a low-resolution image cannot tell apart."""

from torch import Tensor

from sr_lightning.ops.resize import bicubic


def with_detail_of(patch: Tensor, donors: Tensor, scale: int, rounds: int = 20) -> Tensor:
    """Give a patch the detail of other patches, without changing its low-resolution image.

    Detail is the difference between a patch and its bicubic reduction and enlargement. What it adds to the
    low-resolution image is removed by iterative back-projection, and values are clamped to [0, 1] in each round.

    Source:
        Irani & Peleg 1991, "Improving resolution by image registration" (back-projection).
    Args:
        patch: determines the low-resolution image.
        donors: determine the detail, such as other patches of the same texture.
        scale: HR size over LR size.
        rounds: of back-projection; the remaining difference of the LR images is below one level of 255 for patches that
            are not saturated.
    Shape:
        patch (C, H, W) in [0, 1] and donors (N, C, H, W) -> (N, C, H, W) in [0, 1]; H and W are multiples of scale.
    """
    lr = bicubic(patch[None], 1 / scale)
    candidates = bicubic(lr, scale) + donors - bicubic(bicubic(donors, 1 / scale), scale)
    for _ in range(rounds):
        candidates = candidates.clamp(0, 1)
        candidates = candidates + bicubic(lr - bicubic(candidates, 1 / scale), scale)
    return candidates.clamp(0, 1)
