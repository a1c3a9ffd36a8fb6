"""Parts of HTML pages that need nothing but a browser: each returns HTML with its images inside, `page` joins them."""

from sr_lightning.pages.chart import curves, plane
from sr_lightning.pages.crops import crops_figure
from sr_lightning.pages.frame import Axis, Series
from sr_lightning.pages.shell import page, section, write_page
from sr_lightning.pages.slider import slider
from sr_lightning.pages.table import Column, ranks, table

__all__ = [
    "Axis",
    "Column",
    "Series",
    "crops_figure",
    "curves",
    "page",
    "plane",
    "ranks",
    "section",
    "slider",
    "table",
    "write_page",
]
