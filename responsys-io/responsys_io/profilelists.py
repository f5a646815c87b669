"""The members of profile lists over the REST API: merge, read, count, delete.

Paths and shapes are those of Oracle's REST API reference, v1.3 (responsys-develop, API/REST, lists).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from responsys_io.errors import SettingsError
from responsys_io.mergeresults import refused_recipients
from responsys_io.recipients import (
    COLUMN_ATTRIBUTES,
    HASH_COLUMNS,
    QueryAttribute,
    delete_recipients,
    deletion,
    read_recipients,
)
from responsys_io.recordcalls import RecordCall, UpdateOnMatch, carry_out, merge_document
from responsys_io.restanswers import RefusedError
from responsys_io.restsession import Endpoint
from responsys_io.supplemental import Table, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.restsession import RestSession

PermissionStatus = Literal["OPTIN", "OPTOUT"]


_FIELDS = Endpoint("GET", "/lists/{list}/fields", "describe the profile list")
MERGE = Endpoint("POST", "/lists/{list}/members", "merge list members")
_READ = Endpoint("POST", "/lists/{list}/members?action=get", "read list members")
_DELETE = Endpoint("POST", "/lists/{list}/members?action=delete", "delete list members")
_COUNT = Endpoint("GET", "/lists/{list}/members/count", "count list members")
_MISSING = {"LIST_NOT_FOUND", "RESOURCE_NOT_FOUND"}
_MOST_MATCH_COLUMNS = 2


@dataclass(frozen=True)
class MergeRule:
    """How records are merged into a list.

    There is no usual permission status: Responsys takes OPTOUT where none is given and, by its reference,
    applies it to all records of the call that have none of their own, members who are there already included.

    Args:
        default_permission_status: The status of records that do not give one.
        match_columns: One column, or two that both have to be equal; as the list spells them.
        insert_on_no_match: Whether records that match nobody become members. None does on a hash.
        update_on_match: What happens to who is a member already.
        optin_value: What permission columns hold for an opt-in.
        optout_value: What permission columns hold for an opt-out.
        html_value: What EMAIL_FORMAT_ holds for HTML.
        text_value: What EMAIL_FORMAT_ holds for text.
        reject_record_if_channel_empty: Letters of the channels (E, M, P) whose address must not be empty.
        map_template_name: Field mapping template that Responsys applies.

    Raises:
        SettingsError: RSYS-4203 when Responsys cannot match on these columns.
    """

    default_permission_status: PermissionStatus
    match_columns: Sequence[str] = ("EMAIL_ADDRESS_",)
    insert_on_no_match: bool = True
    update_on_match: UpdateOnMatch = "REPLACE_ALL"
    optin_value: str = "I"
    optout_value: str = "O"
    html_value: str = "H"
    text_value: str = "T"
    reject_record_if_channel_empty: Sequence[str] = field(default=())
    map_template_name: str | None = None

    def __post_init__(self) -> None:
        check_match_columns(self.match_columns)

    def document(self) -> dict[str, Any]:
        """Return the rule as a call has it."""
        first, second = (*self.match_columns, None)[:_MOST_MATCH_COLUMNS]
        on_hash = any(column in HASH_COLUMNS for column in self.match_columns)
        return {
            "htmlValue": self.html_value,
            "textValue": self.text_value,
            "optinValue": self.optin_value,
            "optoutValue": self.optout_value,
            "insertOnNoMatch": self.insert_on_no_match and not on_hash,
            "updateOnMatch": self.update_on_match,
            "matchColumnName1": first,
            "matchColumnName2": second,
            "matchOperator": "AND" if second else "NONE",
            "rejectRecordIfChannelEmpty": ",".join(self.reject_record_if_channel_empty) or None,
            "defaultPermissionStatus": self.default_permission_status,
        }


class ProfileLists:
    """The endpoints of the members of profile lists.

    Args:
        session: Makes the calls.
    """

    def __init__(self, session: RestSession) -> None:
        self._session = session

    def describe(self, name: str) -> Table | None:
        """Read a list's columns, or return None when there is no such list; its key is the recipient id."""
        try:
            answer = self._session.call(_FIELDS, {"list": name})
        except RefusedError as error:
            if error.error_code in _MISSING:
                return None
            raise
        if not isinstance(answer, dict):
            raise _FIELDS.unusable()
        return Table(str(answer.get("folderName")), name, columns_of(answer), ("RIID_",))

    def merge(
        self,
        name: str,
        field_names: Sequence[str],
        records: Sequence[Sequence[str]],
        rule: MergeRule,
        *,
        repeatable: bool = True,
    ) -> dict[int, str]:
        """Merge records into a list, see `member_merge`.

        Returns:
            Responsys's words by index in `records`, for those that were refused.

        Raises:
            RefusedError: RSYS-4009 when a call as a whole was refused; nothing of it was merged then.
            DataError: RSYS-4011 for a single record that is too large, RSYS-4007 when the answer cannot be
                attributed to the records.
        """
        call = member_merge(name, field_names, records, rule, repeatable=repeatable)
        return carry_out(self._session, call)

    def read(
        self,
        name: str,
        attribute: QueryAttribute,
        ids: Sequence[str],
        field_names: Sequence[str] = ("all",),
    ) -> Iterator[dict[str, str | None]]:
        """Yield the members that any of the ids fits; see `read_recipients`."""
        return read_recipients(self._session, _READ, {"list": name}, attribute, ids, field_names)

    def count(self, name: str, attribute: QueryAttribute, value: str) -> int:
        """Count the members that have a value.

        Raises:
            TransientError: RSYS-4005 for an answer of a form that is not known.
        """
        try:
            answer = self._session.call(_COUNT, {"list": name}, query=[("qa", attribute), ("id", value)])
        except RefusedError as error:
            if error.error_code == "RECORD_NOT_FOUND":
                return 0
            raise
        count = answer.get("count") if isinstance(answer, dict) else None
        if not isinstance(count, int):
            raise _COUNT.unusable()
        return count

    def delete(self, name: str, attribute: QueryAttribute, ids: Sequence[str]) -> dict[int, str]:
        """Delete members, and with them their rows in extension tables.

        Returns:
            Responsys's words by index in `ids`, for those that nobody was deleted for.

        Raises:
            RefusedError: RSYS-4009 when a call as a whole was refused.
            DataError: RSYS-4007 when the answer cannot be attributed to the ids.
        """
        return delete_recipients(self._session, member_deletion(name, attribute, ids))


def member_merge(
    name: str,
    field_names: Sequence[str],
    records: Sequence[Sequence[str]],
    rule: MergeRule,
    *,
    repeatable: bool = True,
) -> RecordCall:
    """Return the call that merges records into a list.

    Args:
        name: The list.
        field_names: Columns as the list spells them, the match columns among them.
        records: A value per column each.
        rule: How.
        repeatable: Whether the call may be sent again when its outcome is not known.
    """
    return RecordCall(
        endpoint=MERGE,
        names={"list": name},
        place=f"list {name}",
        records=records,
        document=merge_document(field_names, {"mergeRule": rule.document()}, rule.map_template_name),
        read=refused_recipients,
        repeatable=repeatable,
    )


def member_deletion(name: str, attribute: QueryAttribute, ids: Sequence[str]) -> RecordCall:
    """Return the call that deletes members of a list."""
    return deletion(_DELETE, {"list": name}, f"list {name}", attribute, ids)


def check_match_columns(columns: Sequence[str]) -> None:
    """Refuse columns that Responsys cannot match recipients on.

    Raises:
        SettingsError: RSYS-4203.
    """
    hashes = [column for column in columns if column in HASH_COLUMNS]
    if (
        not 1 <= len(columns) <= _MOST_MATCH_COLUMNS
        or len(set(columns)) < len(columns)
        or any(column not in COLUMN_ATTRIBUTES for column in columns)
        or (hashes and len(columns) > 1 and (len(hashes) > 1 or "EMAIL_ADDRESS_" in columns))
    ):
        raise SettingsError(
            "RSYS-4203",
            f"Responsys cannot match recipients on {', '.join(columns) or 'no column'}.",
            f"Give one or two of {', '.join(COLUMN_ATTRIBUTES)}; "
            "a hash goes with neither the other hash nor the e-mail address.",
        )
