"""The deletion of a row by its key, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from responsys_io.restanswers import RefusedError
from responsys_io.restapi import MISSING_RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table


@dataclass(frozen=True)
class Deleted:
    """What became of a row.

    Args:
        found: Whether there was one. A call that is sent again after its answer was lost may find none
            because of itself.
        failure: Responsys's words when it is still there, else empty.
    """

    found: bool = True
    failure: str = ""


def delete_row(api: RestApi, table: Table, key: Mapping[str, str]) -> Deleted:
    """Delete the row with that full primary key, if it is there.

    Raises:
        ResponsysError: When Responsys refuses the call, or cannot be reached.
    """
    try:
        return Deleted(failure=api.delete(table, key) or "")
    except RefusedError as error:
        if error.error_code not in MISSING_RECORD:
            raise
        return Deleted(found=False)
