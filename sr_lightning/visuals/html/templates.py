"""Jinja2 templates of the page parts, with autoescaping."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def environment() -> Environment:
    """Return the environment that loads ``templates/*.html``; undefined variables are errors."""
    loader = PackageLoader("sr_lightning.visuals.html")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip


def render(template: str, **values: Any) -> Markup:
    """Render ``templates/TEMPLATE.html``; every value that is not `Markup` is escaped.

    Returns:
        HTML that further templates insert as it is.
    """
    return Markup(environment().get_template(f"{template}.html").render(values))
