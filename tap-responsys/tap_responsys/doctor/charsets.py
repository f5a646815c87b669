"""Which character set the first bytes of a file show."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 512


def charset_shown(start: bytes, encoding: str) -> str | None:
    """Compare bytes with the character set that they are said to be in.

    Args:
        start: The first bytes of a file; the last character may be cut.
        encoding: Python name of a character set.

    Returns:
        The name of the one that they are in where it is another one, None where they fit.
    """
    family = _family(encoding)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None) or _wide(start)
    if marked:
        return None if family == marked else marked
    if family == "utf-16":
        return "utf-8" if _fits(start, "utf-8") else "cp1252"
    if family == "utf-8":
        return None if _fits(start, "utf-8") else "cp1252"
    # Text in a national character set is hardly ever valid UTF-8 by chance.
    return "utf-8" if not start.isascii() and _fits(start, "utf-8") else None


def is_wide(charset: str) -> bool:
    """Tell whether even letters of the English alphabet take two bytes."""
    return _family(charset) == "utf-16"


def _family(encoding: str) -> str:
    name = codecs.lookup(encoding).name
    return next((family for family in ("utf-8", "utf-16") if name.startswith(family)), name)


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark has a zero in every other byte of a header."""
    looked_at = start[:_LOOKED_AT]
    return "utf-16" if looked_at.count(0) * 3 > len(looked_at) else None


def _fits(start: bytes, encoding: str) -> bool:
    """Tell whether most lines that are not plain ASCII can be decoded: single ones may be damaged."""
    good = bad = 0
    *whole, cut = start.split(b"\n")
    for line in whole or [cut]:
        if line.isascii():
            continue
        try:
            codecs.getincrementaldecoder(encoding)().decode(line)
        except UnicodeDecodeError:
            bad += 1
        else:
            good += 1
    return good >= bad
