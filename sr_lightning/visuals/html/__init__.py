"""Parts of HTML pages that need nothing but a browser: each returns HTML with its images inside, `page` joins them."""

from sr_lightning.visuals.html.axes import Axis, Series
from sr_lightning.visuals.html.chart import curves, plane
from sr_lightning.visuals.html.crops import crops_figure
from sr_lightning.visuals.html.intervals import intervals
from sr_lightning.visuals.html.page import folded, page, section, side_by_side, write_page
from sr_lightning.visuals.html.slider import slider
from sr_lightning.visuals.html.table import Column, ranks, table

__all__ = [
    "Axis",
    "Column",
    "Series",
    "crops_figure",
    "curves",
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
