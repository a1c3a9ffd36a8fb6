"""The picture that every super-resolution paper has: one place of a photograph, in every version side by side."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn import functional as F

from sr_lightning.image import to_uint8

MARGIN, CAPTION = 8, 24  # pixels
INK, PAPER, MARK = (34, 34, 34), (255, 255, 255), (255, 64, 32)


def telling_corner(enlarged: Tensor, side: int) -> tuple[int, int]:
    """Corner (top, left) of the square with the strongest edges: there networks differ, and any may gain or lose.

    Args:
        enlarged: the interpolated image, so that the place is the same for every network and at every iteration.
    Shape:
        (3, H, W)
    """
    grey = enlarged.mean(0)[None, None]
    edges = F.pad(grey.diff(dim=-1).abs(), (0, 1)) + F.pad(grey.diff(dim=-2).abs(), (0, 0, 0, 1))
    energy = F.avg_pool2d(edges, side, stride=4)[0, 0]
    top, left = divmod(int(energy.argmax()), energy.shape[1])
    return 4 * top, 4 * left


def comparison(versions: Sequence[tuple[str, Tensor]], side: int = 96, panel: int = 288) -> Tensor:
    """The last version whole, with a frame around one square, and that square of each version, enlarged.

    Args:
        versions: (caption, image) from lr to hr; images of different size show the same place, the last one is the
            reference, and the edges of the second one decide which place it is.
        side: of the square, in pixels of the reference.
        panel: side of an enlarged square, in pixels of the picture.
    Shape:
        each image (3, h, w) in [0, 1] -> (3, H', W') in [0, 1]
    """
    reference = versions[-1][1].detach().float().cpu().clamp(0, 1)
    height, width = reference.shape[-2:]
    side = min(side, height, width)
    top, left = telling_corner(versions[1][1].detach().float().cpu(), side)
    overview = drawn(reference).resize((round(width * panel / height), panel), Image.Resampling.LANCZOS)
    zoom = panel / height
    frame = [left * zoom, top * zoom, (left + side) * zoom, (top + side) * zoom]
    ImageDraw.Draw(overview).rectangle(frame, outline=MARK, width=2)
    panels = [("", overview)]
    for caption, version in versions:
        ratio = version.shape[-1] / width
        x0, y0, x1, y1 = (round(edge * ratio) for edge in (left, top, left + side, top + side))
        square = drawn(version.detach().float().cpu()).crop((x0, y0, x1, y1))
        panels.append((caption, square.resize((panel, panel), Image.Resampling.NEAREST)))
    return side_by_side(panels)


def drawn(image: Tensor) -> Image.Image:
    """(3, H, W) in [0, 1] -> a Pillow image."""
    return Image.fromarray(to_uint8(image).permute(1, 2, 0).numpy())


def side_by_side(panels: Sequence[tuple[str, Image.Image]]) -> Tensor:
    """Captioned pictures of one height in a row."""
    width = sum(picture.width + MARGIN for _, picture in panels) + MARGIN
    height = max(picture.height for _, picture in panels) + CAPTION + MARGIN
    sheet = Image.new("RGB", (width, height), PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    x = MARGIN
    for caption, picture in panels:
        sheet.paste(picture, (x, CAPTION))
        draw.text((x + picture.width / 2, CAPTION / 2), caption, INK, font, anchor="mm")
        x += picture.width + MARGIN
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1).float().div(255)


def stacked(pictures: Sequence[Tensor]) -> Tensor:
    """(3, H, W) pictures one below the other, padded with white to one width."""
    width = max(picture.shape[-1] for picture in pictures)
    return torch.cat([F.pad(picture, (0, width - picture.shape[-1]), value=1.0) for picture in pictures], dim=1)
