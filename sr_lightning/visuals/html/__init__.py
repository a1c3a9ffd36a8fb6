"""Parts of self-contained HTML pages: each function returns HTML with embedded images; `page` joins them."""

from sr_lightning.visuals.html.axes import Axis, Series
from sr_lightning.visuals.html.chart import curves, plane
from sr_lightning.visuals.html.crops import crops_figure
from sr_lightning.visuals.html.intervals import intervals
from sr_lightning.visuals.html.page import bullets, definitions, folded, page, section, side_by_side, write_page
from sr_lightning.visuals.html.slider import slider
from sr_lightning.visuals.html.table import Column, ranks, table

__all__ = [
    "Axis",
    "Column",
    "Series",
    "bullets",
    "crops_figure",
    "curves",
    "definitions",
    "folded",
    "intervals",
    "page",
    "plane",
    "ranks",
    "section",
    "side_by_side",
    "slider",
    "table",
    "write_page",
]
