"""Apply a network to a large image in tiles, without seams."""

from collections.abc import Callable, Iterator
from itertools import groupby, pairwise, product

import torch
from torch import Tensor

ALIGNMENT = 4  # tiles begin at multiples of it, for networks that start with a pixel-unshuffle


def tiled(
    function: Callable[[Tensor], Tensor],
    image: Tensor,
    tile: int,
    overlap: int,
    scale: int,
    batch: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> Tensor:
    """Return ``function(image)``, computed in tiles.

    Each tile is extended by ``overlap`` pixels of context, and neighbors are blended over the inner half of it. If
    ``overlap`` is at least the receptive field of ``function`` (its width, not its radius), the result equals that of
    the untiled image; if it is smaller, no seam is visible. At the border of the image, tiles are not extended.

    Args:
        function: (B, C, h, w) -> (B, C', scale*h, scale*w), independent for each image of a batch.
        image: on any device; the result is on the same device.
        tile: largest side of the input of ``function``, context included.
        overlap: in pixels of the image.
        scale: of ``function``.
        batch: tiles per call.
        on_progress: called after each batch with the number of input pixels that it finished.
    Shape:
        (1, C, H, W) -> (1, C', scale*H, scale*W), float32
    Raises:
        ValueError: a negative overlap, a batch below 1, a tile too small for the overlap, or more than one image.
    """
    check_arguments(image, tile, overlap, batch)
    rows, columns = (spans(length, tile, overlap) for length in image.shape[-2:])
    row_weights, column_weights = (
        [weights.to(image.device) for weights in blending_weights(intervals, overlap, scale)]
        for intervals in (rows, columns)
    )
    result: Tensor | None = None
    for positions in batches(rows, columns, batch):
        tiles = [image[:, :, slice(*rows[y]), slice(*columns[x])] for y, x in positions]
        enlarged = function(torch.cat(tiles))
        if result is None:
            size = [scale * length for length in image.shape[-2:]]
            result = torch.zeros(1, enlarged.shape[1], *size, device=image.device)
        for (y, x), piece in zip(positions, enlarged, strict=True):
            target = result[0, :, slice(*(scale * i for i in rows[y])), slice(*(scale * i for i in columns[x]))]
            target.add_(piece.float().mul(row_weights[y][:, None]).mul_(column_weights[x]))
        if on_progress is not None:
            on_progress(sum(new_pixels(rows, y) * new_pixels(columns, x) for y, x in positions))
    assert result is not None  # there is at least one tile
    return result


def check_arguments(image: Tensor, tile: int, overlap: int, batch: int) -> None:
    """Check the arguments of `tiled`.

    Raises:
        ValueError: a negative overlap, a batch below 1, a tile too small for the overlap, or more than one image.
    """
    if overlap < 0 or batch < 1 or tile < 2 * overlap + ALIGNMENT:
        raise ValueError(
            f"tile must be at least 2 * overlap + {ALIGNMENT}, overlap at least 0 and batch at least 1, "
            f"got tile={tile}, overlap={overlap}, batch={batch}"
        )
    if image.ndim != 4 or len(image) != 1:
        raise ValueError(f"tiled takes one image of shape (1, C, H, W), got {tuple(image.shape)}")


def spans(length: int, tile: int, overlap: int) -> list[tuple[int, int]]:
    """Return start and end of each tile along one side: as few as possible, of equal length except for the last.

    Neighbors share ``2 * overlap`` pixels.
    """
    if length <= tile:
        return [(0, length)]
    step = (tile - 2 * overlap) // ALIGNMENT * ALIGNMENT
    count = -(-(length - 2 * overlap) // step)
    step = -(-(length - 2 * overlap) // (count * ALIGNMENT)) * ALIGNMENT  # no thin last tile
    return [(start, min(start + step + 2 * overlap, length)) for start in range(0, length - 2 * overlap, step)]


def blending_weights(intervals: list[tuple[int, int]], overlap: int, scale: int) -> list[Tensor]:
    """Return the blending weight of each tile at each of its output pixels; the weights sum to 1 everywhere.

    Between two neighbors, the weight changes along half a cosine of ``overlap`` pixels, in the middle of their shared
    pixels.
    """
    length = scale * intervals[-1][1]
    position = torch.arange(length, dtype=torch.float64) + 0.5
    cumulative = [torch.ones(length, dtype=torch.float64)]  # total weight of a tile and all after it
    for start, _ in intervals[1:]:
        along = (position - scale * (start + overlap)) / max(scale * overlap, 1) + 0.5
        cumulative.append((1 - torch.cos(torch.pi * along.clamp(0, 1))) / 2)
    cumulative.append(torch.zeros(length, dtype=torch.float64))
    weights = [before - after for before, after in pairwise(cumulative)]
    return [
        weight[scale * start : scale * end].float() for weight, (start, end) in zip(weights, intervals, strict=True)
    ]


def batches(rows: list[tuple[int, int]], columns: list[tuple[int, int]], count: int) -> Iterator[list[tuple[int, int]]]:
    """Yield groups of up to ``count`` tiles of equal shape, as (row, column) indices."""

    def shape(position: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of a tile."""
        (top, bottom), (left, right) = rows[position[0]], columns[position[1]]
        return bottom - top, right - left

    positions = sorted(product(range(len(rows)), range(len(columns))), key=shape, reverse=True)
    for _, same in groupby(positions, key=shape):
        same_shape = list(same)
        yield from (same_shape[i : i + count] for i in range(0, len(same_shape), count))


def new_pixels(intervals: list[tuple[int, int]], number: int) -> int:
    """Return the length of a tile up to the start of the next; the sum over all tiles is the side's length."""
    end = intervals[number + 1][0] if number + 1 < len(intervals) else intervals[number][1]
    return end - intervals[number][0]
