"""Record counts: what a ready or count file says against what has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable


def counts_header(
    name: str,
    *,
    stated: int,
    rows: int,
    has_header: bool,
    known: bool | None,
    evidence: Callable[[], bool | None],
) -> bool | None:
    """Compare a stated count with the rows read, rejected ones among them.

    Oracle's pages leave open whether the header counts. A count that is higher by one may include it, or a
    row may be missing: another export of the same job shows which.

    Args:
        name: The export, for texts.
        stated: What its ready or count file says.
        rows: How many rows it has.
        has_header: Whether it has a header line; a file of no bytes has none.
        known: Whether counts include the header, None when that is not known yet.
        evidence: Tells the same from another export, None where there is none; asked only in case of doubt.

    Returns:
        Whether they do, None when that is not known yet.

    Raises:
        DataError: RSYS-3302 when rows are missing, or there are too many.
    """
    if not has_header:
        # For a file without any byte, either count may be stated.
        if stated == rows or (not rows and stated == 1 and known is not False):
            return known
        raise _differing(name, rows, stated)
    if stated == rows and not known:
        return False
    if known is None:
        known = evidence()
    if stated == rows + 1 and known is not False:
        return known
    raise _differing(name, rows, stated - bool(known))


def _differing(name: str, rows: int, counted: int) -> DataError:
    return DataError(
        "RSYS-3302",
        f"{name} has {rows} rows and its job counted {counted}.",
        "It is not counted as read; if it stays so, have it exported again.",
    )
