"""A crop store that lies whole in the device's memory: no worker, no transfer, the very same crops."""

import torch
from torch import Tensor

from sr_lightning.data.crop_store import CropStore


class ResidentStore:
    """The bytes of ``store`` on ``device``.

    Args:
        store: an opened store.
        device: where it goes.
    """

    def __init__(self, store: CropStore, device: torch.device) -> None:
        self.pixels = torch.tensor(store.pixels, device=device)
        self.offsets = torch.tensor(store.offsets, device=device)
        self.widths = torch.tensor(store.sizes[:, 1], device=device)

    def crops(self, image: Tensor, top: Tensor, left: Tensor, size: int) -> Tensor:
        """(B,) numbers and corners -> (B, 3, size, size) uint8, in channels-last memory."""
        span = torch.arange(size, device=image.device)
        rows = (top[:, None] + span) * self.widths[image, None]  # (B, size)
        pixel = rows[:, :, None] + (left[:, None] + span)[:, None, :]  # (B, size, size)
        byte = self.offsets[image, None, None] + 3 * pixel
        channels = torch.arange(3, device=image.device)
        return self.pixels[byte[..., None] + channels].permute(0, 3, 1, 2)


def fits(store: CropStore, device: torch.device) -> bool:
    """Whether the store takes at most half of the memory that is free on a GPU; on a CPU it is mapped already."""
    return device.type == "cuda" and 2 * store.pixels.nbytes < torch.cuda.mem_get_info(device)[0]
