"""Upscale an image with a network, in tiles that fit into memory and in a fast, safe precision."""

import copy
import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sr_lightning.errors import InputError
from sr_lightning.generators.protocol import channels_of
from sr_lightning.ops.value_range import to_unit_range
from sr_lightning.system.hardware import bfloat16_is_fast, free_memory
from sr_lightning.system.peak_memory import PeakMemory
from sr_lightning.upscaling.channels import from_channels, to_channels
from sr_lightning.upscaling.precision import keep_ends_in_float32
from sr_lightning.upscaling.tiling import ALIGNMENT, tiled

log = logging.getLogger(__name__)

OVERLAP = 16  # pixels; with ESRGAN, results are close to those with 64
CPU_BUDGET = 2**29  # bytes for one batch of tiles; more is not faster on a CPU
LARGEST, SMALLEST = 1024, 64  # limits of the automatic tile side, in pixels
PROBES = (16, 32)  # sides of the two tiles from which the memory per pixel is measured
KERNELS = 1.5  # memory of tensors and kernel workspaces, relative to that of tensors alone
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Upscaler:
    """Upscales images of any size with a copy of a generator; thread-safe.

    Args:
        generator: a network with the attribute ``scale``; ``channels`` is 3 if it is not declared.
        device: ``auto`` selects the GPU if there is one.
        precision: ``float32``, ``bfloat16``, ``float16`` or ``auto``: bfloat16 if the device computes in it, else
            float32. Tiles with non-finite values are computed again in float32.
        tile: largest side of a tile in pixels, overlap included; None selects it by the free memory.
        overlap: pixels of context on each side of a tile.
    Raises:
        ValueError: an unknown precision, or a tile that is too small for the overlap.
    """

    def __init__(
        self,
        generator: nn.Module,
        device: str | torch.device = "auto",
        precision: str = "auto",
        tile: int | None = None,
        overlap: int = OVERLAP,
    ) -> None:
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = torch.device(device)
        if precision == "auto":
            precision = "bfloat16" if bfloat16_is_fast(self.device.type) else "float32"
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be auto, {', '.join(PRECISIONS)}, got {precision!r}")
        if overlap < 0:
            raise ValueError(f"overlap must be at least 0, got {overlap}")
        least = 2 * overlap + ALIGNMENT
        if tile is not None and tile < least:
            raise ValueError(f"tile must be at least {least}, twice the overlap and {ALIGNMENT}, got {tile}")
        self.scale = int(generator.scale)  # type: ignore[arg-type]
        self.channels = channels_of(generator)
        self.channels_out = int(getattr(generator, "channels_out", self.channels))
        self.dtype = PRECISIONS[precision]
        self.overlap = overlap
        network = keep_ends_in_float32(copy.deepcopy(generator).eval().requires_grad_(False))
        self.network = network.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._fell_back = False
        cost = self._bytes_per_pixel()
        budget = memory_budget(self.device)
        self.tile = tile if tile is not None else max(least, largest_side(budget, cost))
        self.batch = max(1, int(budget / (cost * self.tile**2)))

    def __call__(self, image: Tensor, on_progress: Callable[[int], None] | None = None) -> Tensor:
        """Upscale one image.

        A network for RGB gets a gray image as three equal channels and the mean of its output is returned; a network
        for gray is applied to each channel of RGB. See `channels` for networks with other channels.

        Args:
            image: floating point in [0, 1], or uint8.
            on_progress: called repeatedly with the number of input pixels finished since the last call.
        Shape:
            (C, H, W) -> (C, scale*H, scale*W), float32 in [0, 1] on the CPU; C is 1, 3 or ``channels``.
        Raises:
            ValueError: an invalid shape, data type or range of values, or NaN.
            InputError: the result is not finite even in float32, or a tile does not fit into the GPU's memory.
        """
        if image.ndim != 3 or not image.numel() or len(image) not in {1, 3, self.channels}:
            raise ValueError(
                f"image must have shape (1, H, W), (3, H, W) or ({self.channels}, H, W), got {tuple(image.shape)}"
            )
        image = to_unit_range(image)
        separate = self.channels == self.channels_out == 1
        parts = image[:, None] if separate else to_channels(image, self.channels)[None]
        share = None if on_progress is None else average_progress(len(parts), on_progress)
        with torch.inference_mode():
            passes = [self._tiled(part[None], share)[0] for part in parts]
            enlarged = passes[0] if len(passes) == 1 else torch.cat(passes)  # cat would copy a single one
            return from_channels(enlarged, len(image)).clamp_(0, 1)

    def _tiled(self, image: Tensor, on_progress: Callable[[int], None] | None) -> Tensor:
        """Process (1, C, H, W) in tiles, in smaller ones after an out-of-memory error."""
        tile, batch = self.tile, self.batch
        while True:
            try:
                return tiled(self._finite, image, tile, self.overlap, self.scale, batch, on_progress)
            except torch.OutOfMemoryError as error:
                if batch == 1 and tile // 2 < max(SMALLEST, 2 * self.overlap + ALIGNMENT):
                    raise InputError(f"a tile of {tile} pixels does not fit into memory; use another device") from error
                tile, batch = (tile, batch // 2) if batch > 1 else (tile // 2, 1)
            torch.cuda.empty_cache()
            log.warning("Out of memory: continuing with %d tiles of %d pixels at once", batch, tile)

    def upscale_tiles(self, tiles: Tensor) -> Tensor:
        """Upscale a batch of tiles of gray or RGB, not clamped.

        Shape:
            (B, C, h, w) -> (B, C, scale*h, scale*w), float32 on the CPU; C is 1 or 3, or ``channels``
        """
        count, channels, height, width = tiles.shape
        if self.channels == 1 and channels > 1:
            enlarged = self._finite(tiles.reshape(count * channels, 1, height, width))
            return enlarged.reshape(count, channels, *enlarged.shape[2:])
        if self.channels > channels:
            return self._finite(tiles.expand(-1, self.channels, -1, -1)).mean(1, keepdim=True)
        return self._finite(tiles)

    def _finite(self, tiles: Tensor) -> Tensor:
        """Return the network's output on the CPU; tiles with non-finite values are computed again in float32."""
        enlarged = self._run(tiles, self.dtype)
        broken = ~enlarged.isfinite().flatten(1).all(1)
        if self.dtype != torch.float32 and broken.any():
            if not self._fell_back:
                log.warning("A tile has non-finite values in %s; such tiles are computed again in float32", self.dtype)
            self._fell_back = True
            enlarged[broken] = self._run(tiles[broken.to(tiles.device)], torch.float32)
            broken = ~enlarged.isfinite().flatten(1).all(1)
        if broken.any():
            raise InputError("the network returns non-finite values even in float32; check its weights")
        return enlarged.cpu()

    def _run(self, tiles: Tensor, dtype: torch.dtype) -> Tensor:
        """Apply the network in a precision; the result is float32 on the network's device."""
        tiles = tiles.to(self.device, torch.float32, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype, enabled=dtype != torch.float32):
            return self.network(tiles).float()

    def _bytes_per_pixel(self) -> float:
        """Return the memory in bytes per input pixel, measured with two tiles of different size."""
        peaks = []
        for side in PROBES:
            with torch.inference_mode(), PeakMemory() as memory:
                self._run(torch.zeros(1, self.channels, side, side), self.dtype)
            peaks.append(memory.peak)
        return max(KERNELS * (peaks[1] - peaks[0]) / (PROBES[1] ** 2 - PROBES[0] ** 2), 1.0)


def memory_budget(device: torch.device) -> float:
    """Return the bytes available to one batch of tiles."""
    free = free_memory(device)
    if device.type == "cpu":
        return min(CPU_BUDGET, (free or 4 * CPU_BUDGET) / 4)
    return 0.7 * (free or 4 * CPU_BUDGET)


def largest_side(budget: float, cost: float) -> int:
    """Return the side of the largest tile within the memory budget, in pixels.

    Args:
        budget: in bytes.
        cost: in bytes per pixel.
    """
    return min(max(int((budget / cost) ** 0.5) // 8 * 8, SMALLEST), LARGEST)


def average_progress(count: int, on_progress: Callable[[int], None]) -> Callable[[int], None]:
    """Return a callback that converts the progress of ``count`` passes over an image to pixels of the image."""
    passed = reported = 0

    def advance(pixels: int) -> None:
        """Add pixels of one pass, and report completed pixels of the image."""
        nonlocal passed, reported
        passed += pixels
        on_progress(passed // count - reported)
        reported = passed // count

    return advance
