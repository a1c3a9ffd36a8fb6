"""Self-contained HTML pages that follow the reader's light or dark mode and print well."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from markupsafe import Markup

from sr_lightning.system.atomic import replacing
from sr_lightning.visuals.html.templates import render

# makes the browser refuse anything that is not in the file
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(title: str, parts: Sequence[str], lead: str = "") -> Markup:
    """Return a complete document.

    Args:
        title: plain text.
        parts: HTML from the functions of this package, in order; plain strings are escaped.
        lead: plain text below the title.
    """
    style, script = (Markup(files(__package__).joinpath(name).read_text("utf-8")) for name in ("page.css", "page.js"))
    return render("page", title=title, parts=parts, lead=lead, policy=Markup(POLICY), style=style, script=script)


def section(title: str, parts: Sequence[str], lead: str = "") -> Markup:
    """Group parts under a heading, with an introduction in plain text."""
    return render("section", title=title, parts=parts, lead=lead)


def side_by_side(parts: Sequence[str]) -> Markup:
    """Arrange parts in two columns if the page is wide enough."""
    return render("side_by_side", parts=parts)


def folded(title: str, parts: Sequence[str]) -> Markup:
    """Hide parts until the reader opens them."""
    return render("folded", title=title, parts=parts)


def bullets(items: Sequence[str]) -> Markup:
    """Return a list of plain texts."""
    return render("bullets", items=items)


def definitions(items: Mapping[str, str]) -> Markup:
    """Return a list of terms with their descriptions, all plain text."""
    return render("definitions", items=items.items())


def write_page(path: Path | str, document: str) -> None:
    """Write the document atomically; parent folders are created.

    Raises:
        InputError: the file cannot be written.
    """
    with replacing(path) as partial:  # file names in the text need not be valid UTF-8
        partial.write_text(document, "utf-8", errors="xmlcharrefreplace")
