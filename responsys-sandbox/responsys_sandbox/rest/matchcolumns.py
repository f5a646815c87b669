"""The columns a merge into a list or its extension tables matches on, and the trap in their names.

A list merge wants them with the trailing underscore, an extension merge without it, although the columns
themselves have it in both (rest-api.md sections 4 and 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.profilelists import HASHES, IDENTITIES
from responsys_sandbox.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping


def match_columns(rule: Mapping[str, Any], *, underscore: bool) -> tuple[str, ...]:
    """Return the one or two columns of a list to match on.

    Args:
        rule: the object that has `matchColumnName1` to 3.
        underscore: whether the names have to end in one.

    Raises:
        ApiError: there is none, it is no such column, or they cannot go together.
    """
    if rule.get("matchColumnName3") is not None:
        raise invalid("matchColumnName3 is not supported")
    names = [rule.get("matchColumnName1"), rule.get("matchColumnName2")]
    if names[1] in (None, ""):
        del names[1]
    columns = tuple(_column(name, underscore=underscore) for name in names)
    if len(set(columns)) < len(columns):
        raise invalid("Match Columns must be different")
    hashes = sum(column in HASHES for column in columns)
    if hashes > 1 or (hashes and "EMAIL_ADDRESS_" in columns):
        raise invalid("A hash column cannot be combined with the other hash or with the email address")
    return columns


def _column(name: Any, *, underscore: bool) -> str:
    spelt = {column if underscore else column.removesuffix("_"): column for column in IDENTITIES}
    column = spelt.get(name) if isinstance(name, str) else None
    if column is None:
        raise invalid("Match Column is null")
    return column
