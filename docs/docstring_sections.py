"""Griffe extension: put a blank line before each section of a docstring, which the package's style leaves out."""

import re
from typing import Any

import griffe

SECTION = re.compile(r"(?<=\S)\n(?=(Source|Args|Attributes|Shape|Returns|Raises|Example):\n)")


class SeparateSections(griffe.Extension):
    """Insert a blank line before each section of every docstring."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = SECTION.sub("\n\n", obj.docstring.value)
