"""A grid of labeled images, for images that show different things or have different sizes."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sr_lightning.visuals.comparison import FAINT, INK, LINE, MARGIN, PAPER, Version, to_pillow


def panels(
    images: Sequence[Version], columns: int = 4, side: int = 240, values: Mapping[str, str] | None = None
) -> Tensor:
    """Draw each image enlarged to the same side, with its name below, row by row.

    Pixels are enlarged by nearest neighbor, so that they can be seen; larger images are reduced smoothly.

    Args:
        images: name and image.
        columns: images per row.
        side: longer side of each image in the drawing, in pixels.
        values: name -> a second line of text.

    Shape:
        each image (3, h, w) or (1, h, w) in [0, 1] -> (3, H, W) in [0, 1]

    Raises:
        ValueError: no image, or fewer than one column.
    """
    if not images or columns < 1:
        raise ValueError(f"panels needs images and at least one column, got {len(images)} images, columns={columns}")
    values, columns = values or {}, min(columns, len(images))
    pictures = [fitted(image, side) for _, image in images]
    cell = max(picture.width for picture in pictures), max(picture.height for picture in pictures)
    caption = LINE * (2 if values else 1)
    step = cell[0] + MARGIN, cell[1] + MARGIN + caption
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (MARGIN + columns * step[0], MARGIN + rows * step[1]), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for number, ((name, _), picture) in enumerate(zip(images, pictures, strict=True)):
        x, y = MARGIN + number % columns * step[0], MARGIN + number // columns * step[1]
        sheet.paste(picture, (x + (cell[0] - picture.width) // 2, y + (cell[1] - picture.height) // 2))
        middle, below = x + cell[0] / 2, y + cell[1] + LINE / 2 + 2
        draw.text((middle, below), name, INK, font, anchor="mm")
        draw.text((middle, below + LINE), values.get(name, ""), FAINT, font, anchor="mm")
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1).float().div(255)


def fitted(image: Tensor, side: int) -> Image.Image:
    """Resize an image so that its longer side is ``side`` pixels."""
    picture = to_pillow(image)
    zoom = side / max(picture.size)
    size = max(1, round(picture.width * zoom)), max(1, round(picture.height * zoom))
    return picture.resize(size, Image.Resampling.NEAREST if zoom >= 1 else Image.Resampling.LANCZOS)


def diverging(values: Tensor, peak: float | None = None) -> Tensor:
    """Map numbers to colors: white at zero, red above, blue below.

    Args:
        values: any finite numbers.
        peak: magnitude of the strongest color; by default the largest one. Give one peak to compare several maps.

    Shape:
        (H, W) -> (3, H, W) in [0, 1]
    """
    values = values.detach().float().cpu()
    strength = (values / (peak or float(values.abs().max()) or 1.0)).clamp(-1, 1)
    above, below = strength.clamp(min=0), (-strength).clamp(min=0)
    return torch.stack([1 - below, 1 - above - below, 1 - above])
