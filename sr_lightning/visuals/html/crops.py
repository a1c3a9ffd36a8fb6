"""The figure of the papers: a photograph with marked places, and each place in every version, one column each."""

from collections.abc import Mapping, Sequence
from html import escape

from sr_lightning.visuals.comparison import Version, chosen, floating, mark
from sr_lightning.visuals.crop_selection import Square, same_place
from sr_lightning.visuals.html import data_uri

OVERVIEW = 0.5  # megapixels
BESIDE = 9  # versions; more of them go below the whole photograph, in several lines


def crops_figure(
    name: str,
    versions: Sequence[Version],
    squares: Sequence[Square] | None = None,
    values: Mapping[str, str] | None = None,
    note: str = "",
) -> str:
    """The last version whole with a frame around each place, and these places of each version; a click enlarges.

    `comparison` draws the same as one plain picture.

    Args:
        name: of the photograph, plain text.
        versions: columns from left to right; the last one is the reference, HR.
        squares: in pixels of the reference, one line of crops for each; None chooses two, where versions differ most.
        values: what is written beneath a version's name, such as ``26.49 dB / 3.11``.
        note: what the values are, such as ``PSNR-Y / NIQE``.
    """
    squares = chosen(versions, count=2) if squares is None else squares
    values = values or {}
    reference = versions[-1][1]
    height, width = reference.shape[-2:]
    size = data_uri.within(width, height, OVERVIEW)
    frames = "".join(_frame(square, number, width, height) for number, square in enumerate(squares))
    columns = []
    for version, image in versions:
        crops = []
        for number, square in enumerate(squares):
            where = f"place {number + 1}" if len(squares) > 1 else "crop"
            source = data_uri.lossless(same_place(square, floating(image), width))
            crops.append(
                f'<button type="button" class="crop" data-place="{number}" style="--mark:{mark(number)}" '
                f'aria-label="Enlarge: {escape(version)}, {where}">'
                f'<img alt="{escape(name)}, {where}, {escape(version)}" src="{source}"></button>'
            )
        value = f"<span>{escape(values[version])}</span>" if version in values else ""
        columns.append(
            f'<div class="column" data-name="{escape(version)}">{"".join(crops)}'
            f'<p class="caption"><strong>{breakable(version)}</strong>{value}</p></div>\n'
        )
    explained = f" · {escape(note)}" if note else ""
    sides = f"{len(squares) * width / height:.4f}fr {len(versions)}fr"  # so that both are equally high
    kind = "crops many" if len(versions) > BESIDE else "crops"
    return f"""<figure class="{kind}" style="--columns:{len(versions)};--sides:{sides}">
<div class="overview"><div class="whole"><img alt="{escape(name)}, whole" src="{data_uri.lossy(reference, size)}">
{frames}</div><p class="caption"><strong>{escape(name)}</strong><span>{width} × {height}{explained}</span></p></div>
<div class="columns">
{"".join(columns)}</div>
</figure>
"""


def breakable(name: str) -> str:
    """A name that may be broken where its words meet."""
    return escape(name).replace("_", "_<wbr>")


def _frame(square: Square, number: int, width: int, height: int) -> str:
    """The mark around a place on the whole photograph."""
    left, top = 100 * square.left / width, 100 * square.top / height
    wide, tall = 100 * square.side / width, 100 * square.side / height
    place = f"left:{left:.3f}%;top:{top:.3f}%;width:{wide:.3f}%;height:{tall:.3f}%"
    return f'<span class="frame" style="{place};--mark:{mark(number)}"></span>'
