"""A photograph before and after, with a line between them that the reader moves."""

from collections.abc import Mapping
from html import escape

from torch import Tensor

from sr_lightning.visuals.html import data_uri


def slider(
    name: str,
    before: Tensor,
    after: Tensor,
    names: tuple[str, str] = ("bicubic", "SR"),
    facts: Mapping[str, str] | None = None,
    megapixels: float = data_uri.MEGAPIXELS,
) -> str:
    """Two versions, one over the other, either side of a movable line; buttons or clicks enlarge to single pixels.

    Args:
        name: of the photograph, plain text.
        before: left of the line; enlarged in the browser if it is smaller than `after`.
        after: right of the line.
        names: of the two versions.
        facts: what is written beneath, such as ``{"input": "480 × 320", "NIQE": "4.75"}``.
        megapixels: bound on each image inside the page; a larger one is shrunk, which the page says.
    Shape:
        (3, h, w) or (1, h, w), floating point in [0, 1] or uint8
    """
    height, width = after.shape[-2:]
    size = data_uri.within(width, height, megapixels)
    written = {"size": f"{width} × {height}", **(facts or {})}
    if size != (width, height):
        written["shown at"] = f"{size[0]} × {size[1]}"
    described = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in written.items())
    left, right = (escape(each) for each in names)
    title = escape(name)
    smaller = (min(before.shape[-1], size[0]), min(before.shape[-2], size[1]))
    zooms = "".join(
        f'<button type="button" data-zoom="{zoom}" aria-pressed="{str(not zoom).lower()}">{label}</button>'
        for zoom, label in ((0, "Fit"), (1, "1:1"), (2, "2:1"), (4, "4:1"))
    )
    return f"""<figure class="slider" data-width="{size[0]}" data-height="{size[1]}"
style="--at:50%;--ratio:{size[0] / size[1]:.5f};--natural:{size[0]}px">
<div class="stage">
<div class="scroller"><div class="pair" style="aspect-ratio:{size[0]}/{size[1]}">
<img class="before" alt="{title}, {left}" src="{data_uri.lossy(before, smaller)}" draggable="false">
<img class="after" alt="{title}, {right}" src="{data_uri.lossy(after, size)}" draggable="false">
</div></div>
<span class="badge left" aria-hidden="true">{left}</span><span class="badge right" aria-hidden="true">{right}</span>
<input type="range" min="0" max="100" step="0.5" value="50"
aria-label="{title}: {left} left, {right} right of the line">
<div class="line" aria-hidden="true"></div>
</div>
<figcaption><div class="what"><strong>{title}</strong><dl>{described}</dl></div>
<div class="tools" role="group" aria-label="Zoom">{zooms}<label><input type="checkbox" checked> pixels</label></div>
</figcaption>
</figure>
"""
