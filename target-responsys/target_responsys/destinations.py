"""What a stream is merged into, as plain data, and what can be done with its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from responsys_io.tablecalls import merge_call
from target_responsys.deletion import delete_row
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responsys_io.profilelists import PermissionStatus
    from responsys_io.recordcalls import RecordCall, UpdateOnMatch
    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table
    from target_responsys.deletion import Deleted
    from target_responsys.tablerules import DestinationKind

UPDATE_ON_MATCH: dict[str, UpdateOnMatch] = {
    "upsert": "REPLACE_ALL",
    "insert-only": "NO_UPDATE",
    "append": "REPLACE_ALL",
    "mirror": "REPLACE_ALL",
}
"""What each load method does with a row that is there already."""

NAMES: dict[DestinationKind, str] = {
    "supplemental": "supplemental table",
    "pet": "profile extension table",
    "list": "profile list",
}


@dataclass(frozen=True)
class Destination:
    """A supplemental table, a profile extension table or a profile list, as Responsys describes it.

    Args:
        kind: Which of them.
        table: Its folder, name and columns. The primary key of a list or an extension table are the columns
            that people are recognised by, since these identify its rows; a supplemental table may have none.
        list_name: The list that an extension table extends, or the list itself; else empty.
    """

    kind: DestinationKind
    table: Table
    list_name: str = ""

    @property
    def load_methods(self) -> tuple[str, ...]:
        """What it can do with rows."""
        if self.kind != "supplemental":
            return ("upsert", "insert-only")
        return ("upsert", "insert-only", "mirror") if self.table.primary_key else ("upsert", "append")

    def __str__(self) -> str:
        if self.kind == "supplemental":
            return f"table {self.table.folder}/{self.table.name}"
        if self.kind == "list":
            return f"profile list {self.table.name}"
        return f"profile extension table {self.table.name} of list {self.list_name}"


@dataclass(frozen=True)
class MergeRules:
    """How a merge treats its records, for all calls of a run.

    Args:
        insert_on_no_match: Whether records that match no row are inserted.
        update_on_match: What happens to a row that is there already.
        map_template_name: Field mapping template, or None.
        optin_value: Of lists: what permission columns hold for those who have agreed.
        optout_value: Of lists: the same for those who have not.
        reject_record_if_channel_empty: Of lists: channels whose address must not be empty, or None.
        default_permission_status: Of lists: the status of people for whom none is sent; without it nothing is
            merged.
    """

    insert_on_no_match: bool = True
    update_on_match: UpdateOnMatch = "REPLACE_ALL"
    map_template_name: str | None = None
    optin_value: str = "I"
    optout_value: str = "O"
    reject_record_if_channel_empty: str | None = None
    default_permission_status: PermissionStatus | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read them from the settings."""
        return cls(
            insert_on_no_match=chosen(config, "insert_on_no_match"),
            update_on_match=chosen(config, "update_on_match")
            or UPDATE_ON_MATCH[chosen(config, "load_method")],
            map_template_name=chosen(config, "map_template_name"),
            optin_value=chosen(config, "optin_value"),
            optout_value=chosen(config, "optout_value"),
            reject_record_if_channel_empty=chosen(config, "reject_record_if_channel_empty"),
            default_permission_status=chosen(config, "default_permission_status"),
        )


class Records(Protocol):
    """The records of a destination."""

    def merge_call(
        self, field_names: Sequence[str], records: Sequence[Sequence[str]], *, repeatable: bool = True
    ) -> RecordCall:
        """Return the call that merges records, to be made directly or queued.

        Args:
            field_names: Columns as the destination spells them, those of the key among them.
            records: A value per column each.
            repeatable: Whether the call may be sent again when its outcome is not known.
        """
        ...

    def delete(self, key: Mapping[str, str]) -> Deleted:
        """Delete the record with that full key, if it is there."""
        ...

    def read(self, key: Mapping[str, str]) -> dict[str, str | None] | None:
        """Return the record with that full key by column, or None."""
        ...


@dataclass(frozen=True)
class TableRecords:
    """The records of a supplemental table. Safe for several threads.

    Args:
        api: The REST API.
        table: The table.
        rules: How merges treat records.
        match_columns: Columns to match on where the table has no primary key, else None.
    """

    api: RestApi
    table: Table
    rules: MergeRules
    match_columns: tuple[str, ...] | None = None

    def merge_call(
        self, field_names: Sequence[str], records: Sequence[Sequence[str]], *, repeatable: bool = True
    ) -> RecordCall:
        """Return the call that merges records; see `Records.merge_call`."""
        return merge_call(
            self.table,
            field_names,
            records,
            update_on_match=self.rules.update_on_match,
            match_columns=self.match_columns,
            insert_on_no_match=self.rules.insert_on_no_match,
            map_template_name=self.rules.map_template_name,
            repeatable=repeatable,
        )

    def delete(self, key: Mapping[str, str]) -> Deleted:
        """Delete a record; see `Records.delete`."""
        return delete_row(self.api, self.table, key)

    def read(self, key: Mapping[str, str]) -> dict[str, str | None] | None:
        """Return a record; see `Records.read`."""
        return self.api.read(self.table, key)
