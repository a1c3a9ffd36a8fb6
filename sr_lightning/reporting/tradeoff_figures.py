"""Figures of a trade-off: a strip of crops, and the lines of the perception–distortion plane."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sr_lightning.evaluation.tables import Row
from sr_lightning.evaluation.tradeoff import IMAGES, NETWORKS
from sr_lightning.metrics.standard import caption_text
from sr_lightning.visuals.comparison import FAINT, INK, LINE, MARGIN, PAPER, to_float, to_pillow
from sr_lightning.visuals.crop_selection import same_place, telling_squares
from sr_lightning.visuals.html import Series

COLUMNS, PANEL, GUTTER = 5, 184, 24
WAYS = {NETWORKS: "network interpolation", IMAGES: "image interpolation"}
Outputs = Mapping[tuple[str, Decimal], Tensor]


def spread(alphas: Sequence[Decimal], count: int = COLUMNS) -> list[Decimal]:
    """Choose at most ``count`` alphas, evenly spaced, with both ends."""
    ordered = sorted(alphas)
    if len(ordered) <= count:
        return ordered
    return [ordered[round(i * (len(ordered) - 1) / (count - 1))] for i in range(count)]


def strip(outputs: Outputs, reference: Tensor, summary: Sequence[Row], side: int = 92) -> Tensor:
    """Draw the square where the ends differ most: one column per alpha, one row per kind of interpolation.

    Args:
        outputs: (interpolated, alpha) -> image.
        reference: HR, of the size of the outputs.
        summary: mean scores on one benchmark, written below the crops.
        side: of the square, in pixels.
    Shape:
        -> (3, H, W) in [0, 1], 1000 pixels wide for five columns
    """
    alphas = spread([alpha for way, alpha in outputs if way == NETWORKS])
    [square] = telling_squares([to_float(outputs[NETWORKS, Decimal(end)]) for end in (0, 1)], side)
    values = {(row["interpolated"], row["alpha"]): caption_text(row) for row in summary}
    height = PANEL + LINE + MARGIN
    size = (GUTTER + len(alphas) * (PANEL + MARGIN) + MARGIN, MARGIN + LINE + len(WAYS) * height)
    sheet = Image.new("RGB", size, PAPER)
    draw, font, small = ImageDraw.Draw(sheet), ImageFont.load_default(14), ImageFont.load_default(13)
    for row, (way, title) in enumerate(WAYS.items()):
        y = MARGIN + LINE + row * height
        side_title = Image.new("RGB", (PANEL, GUTTER), PAPER)
        ImageDraw.Draw(side_title).text((PANEL / 2, GUTTER / 2), title, INK, font, anchor="mm")
        sheet.paste(side_title.rotate(90, expand=True), (2, y))
        for column, alpha in enumerate(alphas):
            x = GUTTER + MARGIN + column * (PANEL + MARGIN)
            if row == 0:
                draw.text((x + PANEL / 2, MARGIN + LINE / 2 - 4), f"alpha {alpha:f}", INK, font, anchor="mm")
            cut = to_pillow(same_place(square, outputs[way, alpha], reference.shape[-1]))
            sheet.paste(cut.resize((PANEL, PANEL), Image.Resampling.NEAREST), (x, y))
            draw.text((x + PANEL / 2, y + PANEL + LINE / 2 + 1), values[way, alpha], FAINT, small, anchor="mm")
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1).float().div(255)


def lines(summary: Sequence[Row]) -> list[Series]:
    """Return one line of (PSNR-Y, LPIPS) per kind of interpolation, labeled with the alphas."""
    result = []
    for way, title in WAYS.items():
        rows = [row for row in summary if row["interpolated"] == way]
        shown = spread([row["alpha"] for row in rows])
        labels = [f"{row['alpha']:f}" if row["alpha"] in shown and way == NETWORKS else "" for row in rows]
        result.append(Series(title, [(row["psnr_y"], row["lpips"]) for row in rows], labels))
    return result
