"""Whether a contact list's export tells who has left the list.

Connect exports a list in full, or only the records inserted or updated since the last run (Oracle,
Connect_WizardDownload.htm). A contact that is missing from a full export has been deleted; one that is
missing from an update has not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_responsys.ledger import FileEntry


def reason_to_keep(
    entry: FileEntry, *, full_by_name: bool | None, known_lists: Iterable[str], full_rows: int
) -> str | None:
    """Say why nobody can be taken for deleted after an export has been read, or return None.

    Without names that tell, an export is taken for an update when all its contacts were modified after the
    list before it was made, or when it has less than half the rows of the last full one.

    Args:
        entry: What has been read of it.
        full_by_name: Whether its name says that it is a full export; None where names tell nothing.
        known_lists: The `as_of` of the lists that have been read.
        full_rows: Rows of the last full export, 0 if there was none.
    """
    if entry.rejected or not entry.rows:
        return f"{entry.rejected} of its {entry.rows} rows do not fit"
    if full_by_name is not None:
        return None if full_by_name else "it is an update by its name"
    return _looks_partial(entry, known_lists, full_rows)


def _looks_partial(entry: FileEntry, known_lists: Iterable[str], full_rows: int) -> str | None:
    before = max((as_of for as_of in known_lists if as_of < entry.as_of), default="")
    if not before:
        return None
    if not entry.oldest:
        return "it has no MODIFIED_DATE_, which could tell it from an update: set full_contacts_file_pattern"
    if entry.oldest > before:
        return "it is an update: all its contacts were modified after the list before"
    if 2 * entry.rows < full_rows:
        return f"it has {entry.rows} rows and the last full one {full_rows}: set full_contacts_file_pattern"
    return None
