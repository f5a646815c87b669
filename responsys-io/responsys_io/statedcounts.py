"""The number of records that a ready or count file states."""

from __future__ import annotations

import re

# A number by itself: not part of a file name, a date or a time that may stand beside it.
_COUNT = re.compile(r"(?<![\w.:/-])[0-9]{1,18}(?![\w:/-]|\.\w)", re.ASCII)


def stated_count(text: str) -> int | None:
    """Return the number of records that a ready or count file states, None where it states none.

    The form of these files is not documented; the first whole number in them counts.
    """
    found = _COUNT.search(text)
    return int(found[0]) if found else None
