"""The page around the parts: one self-contained file, light or dark as the reader's system is, also on paper."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from sr_lightning.system.atomic import replacing

# The browser itself then refuses whatever would leave the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(title: str, parts: Sequence[str], lead: str = "") -> str:
    """A whole document.

    Args:
        title: plain text.
        parts: HTML, in order.
        lead: plain text beneath the title.
    """
    style, script = (files(__package__).joinpath(name).read_text("utf-8") for name in ("page.css", "page.js"))
    introduction = f'<p class="lead">{escape(lead)}</p>\n' if lead else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header>
<h1>{escape(title)}</h1>
{introduction}</header>
{"".join(parts)}</main>
<dialog class="viewer" aria-label="Enlarged crop"></dialog>
<script>
{script}</script>
</body>
</html>
"""


def section(title: str, parts: Sequence[str], lead: str = "") -> str:
    """Parts under a heading, with a sentence or two of plain text before them."""
    introduction = f"<p>{escape(lead)}</p>\n" if lead else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{introduction}{''.join(parts)}</section>\n"


def side_by_side(parts: Sequence[str]) -> str:
    """Parts in two columns, where the page is wide enough."""
    return f'<div class="side-by-side">\n{"".join(parts)}</div>\n'


def folded(title: str, parts: Sequence[str]) -> str:
    """Parts that a reader opens."""
    return f"<details>\n<summary>{escape(title)}</summary>\n{''.join(parts)}</details>\n"


def write_page(path: Path | str, document: str) -> None:
    """Write the whole file or none; parent folders are made.

    Raises:
        InputError: the file cannot be written.
    """
    with replacing(path) as partial:  # a file's name need not be valid UTF-8
        partial.write_text(document, "utf-8", errors="xmlcharrefreplace")
