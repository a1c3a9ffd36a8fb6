"""Before-and-after slider: two versions of a photograph with a movable line between them."""

from collections.abc import Mapping

from markupsafe import Markup
from torch import Tensor

from sr_lightning.visuals.html import data_uri
from sr_lightning.visuals.html.templates import render


def slider(
    name: str,
    before: Tensor,
    after: Tensor,
    names: tuple[str, str] = ("bicubic", "SR"),
    facts: Mapping[str, str] | None = None,
    megapixels: float = data_uri.MEGAPIXELS,
) -> Markup:
    """Show two versions on either side of a movable line; buttons or clicks zoom in to single pixels.

    Args:
        name: of the photograph, plain text.
        before: left of the line; if it is smaller than `after`, the browser enlarges it.
        after: right of the line.
        names: of the two versions.
        facts: shown below, such as ``{"input": "480 × 320", "NIQE": "4.75"}``.
        megapixels: upper bound on the size of each image in the page; larger images are shrunk, and the page says so.

    Shape:
        (3, h, w) or (1, h, w), floating point in [0, 1] or uint8
    """
    height, width = after.shape[-2:]
    size = data_uri.within(width, height, megapixels)
    shown = {"shown at": f"{size[0]} × {size[1]}"} if size != (width, height) else {}
    return render(
        "slider",
        name=name,
        left=names[0],
        right=names[1],
        width=size[0],
        height=size[1],
        ratio=f"{size[0] / size[1]:.5f}",
        before=data_uri.lossy(before, (min(before.shape[-1], size[0]), min(before.shape[-2], size[1]))),
        after=data_uri.lossy(after, size),
        facts={"size": f"{width} × {height}", **(facts or {}), **shown},
    )
