"""A crop store in the memory of the training device, which needs no workers and no transfers."""

import torch
from torch import Tensor

from sr_lightning.data.crop_store import CropStore


class DeviceStore:
    """Copy of a crop store on a device.

    Args:
        store: an opened store.
        device: target of the copy.
    """

    def __init__(self, store: CropStore, device: torch.device) -> None:
        self.pixels = torch.tensor(store.pixels, device=device)
        self.offsets = torch.tensor(store.offsets, device=device)
        self.widths = torch.tensor(store.sizes[:, 1], device=device)

    def crops(self, image: Tensor, top: Tensor, left: Tensor, size: int) -> Tensor:
        """Gather crops by image index and corner.

        Shape:
            (B,) each -> (B, 3, size, size) uint8, channels-last memory format.
        """
        span = torch.arange(size, device=image.device)
        rows = (top[:, None] + span) * self.widths[image, None]  # (B, size)
        pixel = rows[:, :, None] + (left[:, None] + span)[:, None, :]  # (B, size, size)
        byte = self.offsets[image, None, None] + 3 * pixel
        channels = torch.arange(3, device=image.device)
        return self.pixels[byte[..., None] + channels].permute(0, 3, 1, 2)


def fits_in_memory(store: CropStore, device: torch.device) -> bool:
    """Return True if the store takes at most half of a GPU's free memory; False on a CPU, which maps the file."""
    return device.type == "cuda" and 2 * store.pixels.nbytes < torch.cuda.mem_get_info(device)[0]
