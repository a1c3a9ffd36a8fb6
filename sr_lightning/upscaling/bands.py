"""Upscale large images in bands of rows, so that the output is never in memory in full."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from sr_lightning.image import Picture
from sr_lightning.upscaling.tiling import ALIGNMENT, batches, blending_weights, new_pixels, spans
from sr_lightning.upscaling.upscaler import Upscaler

BAND_BYTES = 2**29
"""Largest size of the float32 output of one row of tiles."""


def upscale_bands(
    upscaler: Upscaler, picture: Picture, on_progress: Callable[[int], None] | None = None
) -> Iterator[np.ndarray]:
    """Yield the upscaled rows of a picture from top to bottom; alpha is opaque.

    Args:
        upscaler: the network.
        picture: without transparent pixels.
        on_progress: called repeatedly with the number of input pixels finished since the last call.
    Shape:
        each (h, W', C) with the data type and the channels of the picture.
    Raises:
        InputError: as ``Upscaler``.
    """
    height, width, channels = picture.pixels.shape
    colors = 1 if channels < 3 else 3

    def rows(top: int, bottom: int) -> Tensor:
        """Return rows of the color channels. Shape: (1, C, bottom - top, W) float32 in [0, 1]."""
        values = picture.pixels[top:bottom, :, :colors].astype(np.float32) / (2**picture.depth - 1)
        return torch.from_numpy(values).permute(2, 0, 1)[None]

    with torch.inference_mode():
        for band in tiled_bands(upscaler, rows, height, width, colors, on_progress):
            levels = band.mul_(2**picture.depth - 1).round_()
            if channels > colors:
                levels = F.pad(levels, (0, 0, 0, 0, 0, 1), value=2**picture.depth - 1)
            dtype = np.uint8 if picture.depth == 8 else np.uint16
            yield np.ascontiguousarray(levels.permute(1, 2, 0).numpy().astype(dtype))


def tiled_bands(
    upscaler: Upscaler,
    rows_of: Callable[[int, int], Tensor],
    height: int,
    width: int,
    channels: int,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Tensor]:
    """Yield the output of a network from top to bottom, computed as `tiling.tiled` does but in rows of tiles.

    Args:
        upscaler: the network.
        rows_of: returns rows of the input, (1, C, bottom - top, W), from (top, bottom).
        height: of the input.
        width: of the input.
        channels: of the input.
        on_progress: called repeatedly with the number of input pixels finished since the last call.
    Shape:
        each (C, h, scale*W) float32 in [0, 1], which the caller may change.
    """
    scale, overlap = upscaler.scale, upscaler.overlap
    bytes_per_row = 4 * channels * scale**2 * width
    tile_height = min(upscaler.tile, max(BAND_BYTES // bytes_per_row, 4 * overlap + ALIGNMENT))
    rows, columns = spans(height, tile_height, overlap), spans(width, upscaler.tile, overlap)
    row_weights, column_weights = (blending_weights(intervals, overlap, scale) for intervals in (rows, columns))
    rest: Tensor | None = None  # rows that the next row of tiles adds to
    for number, (top, bottom) in enumerate(rows):
        strip = rows_of(top, bottom)
        band = torch.zeros(channels, scale * (bottom - top), scale * width)
        if rest is not None:
            band[:, : rest.shape[1]] = rest
        for positions in batches([(0, bottom - top)], columns, upscaler.batch):
            tiles = torch.cat([strip[..., slice(*columns[x])] for _, x in positions])
            for (_, x), piece in zip(positions, upscaler.upscale_tiles(tiles), strict=True):
                target = band[:, :, slice(*(scale * i for i in columns[x]))]
                target.add_(piece.mul_(row_weights[number][:, None]).mul_(column_weights[x]))
            if on_progress is not None:
                on_progress(sum(new_pixels(rows, number) * new_pixels(columns, x) for _, x in positions))
        finished = scale * (rows[number + 1][0] - top) if number + 1 < len(rows) else band.shape[1]
        rest = band[:, finished:].clone()
        yield band[:, :finished].clamp_(0, 1)
