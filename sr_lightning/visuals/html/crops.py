"""Comparison figure: a photograph with marked squares, and each square in every version, one column per version."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from torch import Tensor

from sr_lightning.visuals.comparison import Version, chosen, frame_color, to_float
from sr_lightning.visuals.crop_selection import Square, same_place
from sr_lightning.visuals.html import data_uri
from sr_lightning.visuals.html.templates import render

OVERVIEW = 0.5  # megapixels
BESIDE = 9  # versions; more are placed below the photograph, in several rows


def crops_figure(
    name: str,
    versions: Sequence[Version],
    squares: Sequence[Square] | None = None,
    values: Mapping[str, str] | None = None,
    note: str = "",
) -> Markup:
    """Show the last version with a frame around each square, and the squares of each version; a click enlarges.

    `comparison` draws the same as one image.

    Args:
        name: of the photograph, plain text.
        versions: columns from left to right; the last one is the reference, HR.
        squares: in pixels of the reference, one row of crops each; None chooses the two where versions differ most.
        values: version -> text below its name, such as ``26.49 dB / 3.11``.
        note: meaning of the values, such as ``PSNR-Y / NIQE``.
    """
    squares = chosen(versions, count=2) if squares is None else squares
    reference = versions[-1][1]
    height, width = reference.shape[-2:]
    return render(
        "crops",
        name=name,
        note=note,
        width=width,
        height=height,
        overview=data_uri.lossy(reference, data_uri.within(width, height, OVERVIEW)),
        many=len(versions) > BESIDE,
        sides=f"{len(squares) * width / height:.4f}fr {len(versions)}fr",  # makes both sides equally high
        frames=[{"place": _place(square, width, height), "mark": frame_color(i)} for i, square in enumerate(squares)],
        columns=[
            {"name": version, "value": (values or {}).get(version), "crops": _crops(image, squares, width)}
            for version, image in versions
        ],
    )


def _crops(image: Tensor, squares: Sequence[Square], width: int) -> list[dict[str, str]]:
    """Return the crops of one version for the template, as lossless data URIs."""
    return [
        {
            "source": data_uri.lossless(same_place(square, to_float(image), width)),
            "place": f"place {number + 1}" if len(squares) > 1 else "crop",
            "mark": frame_color(number),
        }
        for number, square in enumerate(squares)
    ]


def _place(square: Square, width: int, height: int) -> str:
    """Return the CSS position of a square on the photograph."""
    left, top = 100 * square.left / width, 100 * square.top / height
    wide, tall = 100 * square.side / width, 100 * square.side / height
    return f"left:{left:.3f}%;top:{top:.3f}%;width:{wide:.3f}%;height:{tall:.3f}%"
