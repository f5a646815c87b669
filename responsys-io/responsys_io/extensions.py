"""Profile extension tables (PETs) of a list over the REST API: list, create, merge, read, delete.

Paths and shapes are those of Oracle's REST API reference, v1.3 (responsys-develop, API/REST, listExtensions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from responsys_io.mergeresults import refused_recipients
from responsys_io.profilelists import check_match_columns
from responsys_io.recipients import (
    HASH_COLUMNS,
    QueryAttribute,
    delete_recipients,
    deletion,
    read_recipients,
)
from responsys_io.recordcalls import MergeOptions, RecordCall, UpdateOnMatch, carry_out, merge_document
from responsys_io.restpages import items_of
from responsys_io.restsession import Endpoint, encoded
from responsys_io.supplemental import Table, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.restsession import RestSession

COLUMN_TYPES = ("STR500", "STR4000", "INTEGER", "NUMBER", "TIMESTAMP")
"""Types of the columns that an extension table can be created with."""

_PATH = "/lists/{list}/listExtensions"
_ROWS = _PATH + "/{pet}/members"
_LIST = Endpoint("GET", _PATH, "list the profile extension tables")
_CREATE = Endpoint("POST", _PATH, "create the profile extension table")
MERGE = Endpoint("POST", _ROWS, "merge rows of the profile extension table")
_READ = Endpoint("POST", f"{_ROWS}?action=get", "read rows of the profile extension table")
_DELETE = Endpoint("POST", f"{_ROWS}?action=delete", "delete rows of the profile extension table")


class Extensions:
    """The endpoints of the extension tables of one list.

    A row belongs to a member of the list, who has to be there first.

    Args:
        session: Makes the calls.
        list_name: The list.
    """

    def __init__(self, session: RestSession, list_name: str) -> None:
        self._session = session
        self._list = list_name

    def tables(self) -> list[Table]:
        """List the extension tables; the key of each is the recipient id.

        Raises:
            RefusedError: RSYS-4009, for example when there is no such list.
        """
        answer = self._session.call(_LIST, {"list": self._list})
        return [_listed(entry) for entry in items_of(answer, "listExtensions", _LIST)]

    def create(self, table: Table) -> None:
        """Create an extension table with these columns, none of which are the system's.

        Raises:
            RefusedError: RSYS-4009, for example when the folder is missing.
        """
        body = {
            "profileExtension": {"objectName": table.name, "folderName": table.folder},
            "fields": [{"fieldName": column.name, "fieldType": column.type} for column in table.columns],
        }
        # Sent twice, the second one is refused because the table exists: no harm, but an error.
        self._session.call(_CREATE, {"list": self._list}, body=encoded(body), repeatable=False)

    def merge(
        self,
        table: str,
        field_names: Sequence[str],
        records: Sequence[Sequence[str]],
        *,
        match_columns: Sequence[str],
        **options: Unpack[MergeOptions],
    ) -> dict[int, str]:
        """Merge rows, see `row_merge`.

        Returns:
            Responsys's words by index in `records`, for those that were refused.

        Raises:
            RefusedError: RSYS-4009 when a call as a whole was refused; nothing of it was merged then.
            SettingsError: RSYS-4203 when Responsys cannot match on these columns.
            DataError: RSYS-4011 for a single record that is too large, RSYS-4007 when the answer cannot be
                attributed to the records.
        """
        call = self.row_merge(table, field_names, records, match_columns=match_columns, **options)
        return carry_out(self._session, call)

    def read(
        self,
        table: str,
        attribute: QueryAttribute,
        ids: Sequence[str],
        field_names: Sequence[str] = ("all",),
    ) -> Iterator[dict[str, str | None]]:
        """Yield the rows of recipients that any of the ids fits; see `read_recipients`."""
        names = {"list": self._list, "pet": table}
        return read_recipients(self._session, _READ, names, attribute, ids, field_names)

    def delete(self, table: str, attribute: QueryAttribute, ids: Sequence[str]) -> dict[int, str]:
        """Delete the rows of recipients.

        Returns:
            Responsys's words by index in `ids`, for those that nothing was deleted for.

        Raises:
            RefusedError: RSYS-4009 when a call as a whole was refused.
            DataError: RSYS-4007 when the answer cannot be attributed to the ids.
        """
        return delete_recipients(self._session, self.row_deletion(table, attribute, ids))

    def row_merge(
        self,
        table: str,
        field_names: Sequence[str],
        records: Sequence[Sequence[str]],
        *,
        match_columns: Sequence[str],
        insert_on_no_match: bool = True,
        update_on_match: UpdateOnMatch = "REPLACE_ALL",
        map_template_name: str | None = None,
        repeatable: bool = True,
    ) -> RecordCall:
        """Return the call that merges rows into an extension table.

        Args:
            table: The extension table.
            field_names: Columns as the table spells them, and the match columns.
            records: A value per column each.
            match_columns: One or two columns of the list that the member is found by, as the list spells
                them. By a hash rows are updated only.
            insert_on_no_match: Whether members who have no row get one.
            update_on_match: What happens to a row that is there already.
            map_template_name: Field mapping template that Responsys applies.
            repeatable: Whether the call may be sent again when its outcome is not known.

        Raises:
            SettingsError: RSYS-4203 when Responsys cannot match on these columns.
        """
        check_match_columns(match_columns)
        # As a column the key ends in an underscore, as a match column of these tables it does not.
        first, second = (*(name.removesuffix("_") for name in match_columns), None)[:2]
        on_hash = any(column in HASH_COLUMNS for column in match_columns)
        rule: dict[str, Any] = {
            "insertOnNoMatch": insert_on_no_match and not on_hash,
            "updateOnMatch": update_on_match,
            "matchColumnName1": first,
            "matchColumnName2": second,
        }
        return RecordCall(
            endpoint=MERGE,
            names={"list": self._list, "pet": table},
            place=f"profile extension table {table}",
            records=records,
            document=merge_document(field_names, rule, map_template_name),
            read=refused_recipients,
            repeatable=repeatable,
        )

    def row_deletion(self, table: str, attribute: QueryAttribute, ids: Sequence[str]) -> RecordCall:
        """Return the call that deletes the rows of recipients."""
        names = {"list": self._list, "pet": table}
        return deletion(_DELETE, names, f"profile extension table {table}", attribute, ids)


def _listed(entry: dict[str, Any]) -> Table:
    names = entry.get("profileExtension")
    if not isinstance(names, dict):
        raise _LIST.unusable()
    return Table(str(names.get("folderName")), str(names.get("objectName")), columns_of(entry), ("RIID_",))
