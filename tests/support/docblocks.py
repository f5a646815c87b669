"""The code blocks of a page of Markdown: commands to run, and files that they need."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OUTSIDE = "<!-- needs an account -->"
_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)```(?P<language>\w*)(?:[ ]title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Args:
        line: Line of the page that it begins in.
        language: What stands behind its fence.
        title: Name of the file that it shows; empty for none.
        text: Its text.
        is_outside: Whether it needs what no test has: an account of Oracle's or of somebody else's.
    """

    line: int
    language: str
    title: str
    text: str
    is_outside: bool


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            line=text.count("\n", 0, match.start()) + 1,
            language=match["language"],
            title=match["title"] or "",
            text=textwrap.dedent(match["text"]),
            is_outside=text[: match.start()].rstrip().endswith(OUTSIDE),
        )
        for match in _BLOCK.finditer(text)
    ]
