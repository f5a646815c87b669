"""Record counts: what a ready or count file says against what has been read."""

from __future__ import annotations

import re

from responsys_io.errors import DataError

_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def stated_count(text: str) -> int | None:
    """Return the number of records that a ready or count file states, None where it states none.

    The form of these files is not documented; the first whole number in them counts.
    """
    found = _WHOLE_NUMBER.search(text)
    return int(found[0]) if found else None


def counts_header(name: str, *, stated: int, rows: int, known: bool | None) -> bool:
    """Compare a stated count with the rows read, rejected ones among them.

    Oracle's pages leave open whether the header counts. As long as nothing has shown it, a count that is
    higher by one is taken for one that includes the header; from then on the difference is a missing row.

    Args:
        name: The export, for texts.
        stated: What its ready or count file says.
        rows: How many rows it has.
        known: Whether counts include the header, None when that is not known yet.

    Returns:
        Whether they do.

    Raises:
        DataError: RSYS-3302 when rows are missing, or there are too many.
    """
    with_header = stated == rows + 1 if known is None else known
    if stated == rows + with_header:
        return with_header
    raise DataError(
        "RSYS-3302",
        f"{name} has {rows} rows and its job counted {stated - with_header}.",
        "It is not counted as read; if it stays so, have it exported again.",
    )
