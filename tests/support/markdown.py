"""Fenced code blocks, commands and links of Markdown files."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r'^```(?P<language>\w+)(?: title="(?P<title>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")


class Block(NamedTuple):
    """A fenced code block: its page, language, title (the name of a file) and text."""

    page: Path
    language: str
    title: str | None
    text: str


def blocks(language: str) -> list[Block]:
    """Return the fenced blocks of a language, of all pages."""
    return [
        Block(page, match["language"], match["title"], match["text"])
        for page in PAGES
        for match in BLOCK.finditer(page.read_text())
        if match["language"] == language
    ]


def commands() -> list[list[str]]:
    """Return the words of each distinct command in all shell blocks, without comments and environment variables."""
    found = []
    for block in blocks("sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                words.pop(0)
            if words and words not in found:
                found.append(words)
    return found


def links() -> Iterator[tuple[Path, str]]:
    """Yield each page with each of its links to a file."""
    for page in PAGES:
        for match in LINK.finditer(page.read_text()):
            if not match["target"].startswith(("http:", "https:", "mailto:")):
                yield page, match["target"]
