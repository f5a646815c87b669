"""Files that have been read and are not any more what they were."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_responsys.ledger import Ledger
    from tap_responsys.listing import ExportFile

logger = logging.getLogger(__name__)


def settle_changes(exports: Iterable[ExportFile], ledger: Ledger, mode: str) -> bool:
    """Treat changed files as the setting on_changed_file says.

    Args:
        exports: Complete exports.
        ledger: What has been read.
        mode: `reread` leaves them unread, `skip` takes them for read, `fail` refuses them.

    Returns:
        Whether the ledger is another one now.

    Raises:
        DataError: RSYS-3304 for a changed file when they are refused.
    """
    changed = [export for export in exports if ledger.has_changed(export)]
    for export in changed:
        what = "other bytes" if ledger.is_doubted(export) else "another size or time"
        if mode == "fail":
            raise DataError(
                "RSYS-3304",
                f"{export.name} has another size or time than when it was read, or other bytes.",
                "on_changed_file: reread would read it again, skip would take it for read.",
            )
        if mode == "skip":
            ledger.accept(export)
        logger.warning(
            "%s has %s than when it was read: %s",
            export.name,
            what,
            "it is passed over, on_changed_file is skip" if mode == "skip" else "it is read again",
        )
    return bool(changed) and mode == "skip"
