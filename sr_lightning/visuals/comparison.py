"""Comparison images as in papers: crops of a photograph in every version, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional as F

from sr_lightning.ops.quantize import to_uint8
from sr_lightning.visuals.crop_selection import Square, same_place, telling_squares

MARGIN, LINE = 8, 18  # pixels
WIDEST = 3  # largest ratio of width to height of the overview
INK, FAINT, PAPER = (34, 34, 34), (110, 110, 110), (255, 255, 255)
MARKS = ("#ff4020", "#1aa3ff", "#ffb000", "#12b76a")
"""Frame colors of the first, second … square."""

Version = tuple[str, Tensor]
"""A name and an image, (3, h, w) or (1, h, w), floating point in [0, 1] or uint8."""


def comparison(
    versions: Sequence[Version],
    squares: Sequence[Square] | None = None,
    values: Mapping[str, str] | None = None,
    panel: int = 288,
) -> Tensor:
    """Draw the last version with a frame around each square, and the enlarged squares of each version.

    Args:
        versions: from lr to hr; the last one is the reference.
        squares: in pixels of the reference, one row of crops each; None chooses one, see `chosen`.
        values: version -> text below its name, such as ``26.49 dB / 3.11``.
        panel: side of an enlarged square, in pixels.

    Shape:
        each image (3, h, w) in [0, 1] -> (3, H', W') in [0, 1]
    """
    squares, values = chosen(versions) if squares is None else squares, values or {}
    reference = versions[-1][1]
    width = reference.shape[-1]
    tall = len(squares) * panel + (len(squares) - 1) * MARGIN
    overview = draw_overview(reference, squares, tall)
    caption = LINE * (2 if values else 1) + MARGIN
    sheet = Image.new(
        "RGB", (overview.width + MARGIN * 2 + len(versions) * (panel + MARGIN), tall + MARGIN + caption), PAPER
    )
    sheet.paste(overview, (MARGIN, MARGIN))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for column, (name, version) in enumerate(versions):
        x = overview.width + 2 * MARGIN + column * (panel + MARGIN)
        for row, square in enumerate(squares):
            cut = to_pillow(same_place(square, version, width)).resize((panel, panel), Image.Resampling.NEAREST)
            if len(squares) > 1:
                ImageDraw.Draw(cut).rectangle((0, 0, panel - 1, panel - 1), outline=frame_color(row), width=3)
            sheet.paste(cut, (x, MARGIN + row * (panel + MARGIN)))
        middle, y = x + panel / 2, tall + MARGIN + LINE / 2 + 4
        draw.text((middle, y), name, INK, font, anchor="mm")
        draw.text((middle, y + LINE), values.get(name, ""), FAINT, font, anchor="mm")
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1).float().div(255)


def chosen(versions: Sequence[Version], side: int = 96, count: int = 1) -> list[Square]:
    """Choose the squares where the versions of the reference's size differ most, without the reference itself.

    In large images the squares keep a distance, so that they show different content.
    """
    reference = versions[-1][1]
    enlarged = [to_float(image) for _, image in versions[:-1] if image.shape == reference.shape]
    images = enlarged or [to_float(reference)]
    spread = telling_squares(images, side, count, distance=2)
    return spread if len(spread) == count else telling_squares(images, side, count)


def frame_color(number: int) -> str:
    """Return the frame color of a square."""
    return MARKS[number % len(MARKS)]


def draw_overview(reference: Tensor, squares: Sequence[Square], height: int) -> Image.Image:
    """Draw the reference with a frame around each square, at the given height and at most `WIDEST` times as wide."""
    zoom = min(height / reference.shape[-2], WIDEST * height / reference.shape[-1])
    size = [max(1, round(length * zoom)) for length in reference.shape[:-3:-1]]
    overview = to_pillow(reference).resize((size[0], size[1]), Image.Resampling.LANCZOS)
    for number, (top, left, side) in enumerate(squares):
        frame = [left * zoom, top * zoom, (left + side) * zoom, (top + side) * zoom]
        ImageDraw.Draw(overview).rectangle(frame, outline=frame_color(number), width=3)
    return overview


def to_float(image: Tensor) -> Tensor:
    """Convert to float32 in [0, 1]."""
    return image.detach().cpu().float() / 255 if image.dtype == torch.uint8 else image.detach().cpu().float()


def to_pillow(image: Tensor) -> Image.Image:
    """Convert to a Pillow image, RGB."""
    pixels = image if image.dtype == torch.uint8 else to_uint8(image)
    return Image.fromarray(pixels.detach().cpu().expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy())


def stacked(pictures: Sequence[Tensor]) -> Tensor:
    """Stack (3, H, W) images vertically, padded with white to equal width."""
    width = max(picture.shape[-1] for picture in pictures)
    return torch.cat([F.pad(picture, (0, width - picture.shape[-1]), value=1.0) for picture in pictures], dim=1)


def with_text(picture: Tensor, text: str, size: int = 13) -> Tensor:
    """Add text below an image, wrapped at spaces to its width.

    Args:
        picture: the image.
        text: to add.
        size: font size in pixels.

    Shape:
        (3, H, W) -> (3, H', W)
    """
    font, width = ImageFont.load_default(size), picture.shape[-1] - 2 * MARGIN
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    height = round(1.4 * size)
    sheet = Image.new("RGB", (picture.shape[-1], height * len(lines) + 2 * MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        draw.text((MARGIN, number * height), line, INK, font)
    return torch.cat([picture, torch.from_numpy(np.array(sheet)).permute(2, 0, 1).float().div(255)], dim=1)
