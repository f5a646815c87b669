"""The call that merges records into a supplemental table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.mergeresults import refused_records
from responsys_io.recordcalls import RecordCall, UpdateOnMatch, merge_document
from responsys_io.restsession import Endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.supplemental import Table

MERGE = Endpoint("POST", "/folders/{folder}/suppData/{table}/members", "merge records")


def merge_call(
    table: Table,
    field_names: Sequence[str],
    records: Sequence[Sequence[str]],
    *,
    update_on_match: UpdateOnMatch = "REPLACE_ALL",
    match_columns: Sequence[str] | None = None,
    insert_on_no_match: bool = True,
    map_template_name: str | None = None,
    repeatable: bool = True,
) -> RecordCall:
    """Return the call that merges records into a table.

    Args:
        table: Folder and name count.
        field_names: Columns as the table spells them, those of the key among them.
        records: A value per column each; more than `MAX_RECORDS` take several calls.
        update_on_match: What happens to a row that is there already.
        match_columns: For a table without primary key, the columns that identify a row; else None.
        insert_on_no_match: Whether a record that matches no row is inserted; without a primary key it is.
        map_template_name: Field mapping template that Responsys applies.
        repeatable: Whether the call may be sent again when its outcome is not known.
    """
    rule: dict[str, Any] = {"insertOnNoMatch": insert_on_no_match, "updateOnMatch": update_on_match}
    if match_columns is not None:
        rule["matchColumnNames"] = list(match_columns)
    return RecordCall(
        endpoint=MERGE,
        names={"folder": table.folder, "table": table.name},
        place=f"table {table.name}",
        records=records,
        document=merge_document(field_names, rule, map_template_name),
        read=refused_records,
        repeatable=repeatable,
    )
