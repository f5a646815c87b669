"""The records of profile lists and of their extension tables, and which records a destination has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from responsys_io.errors import SettingsError
from responsys_io.extensions import Extensions
from responsys_io.profilelists import MergeRule, ProfileLists, member_merge
from responsys_io.recipients import COLUMN_ATTRIBUTES
from target_responsys.deletion import Deleted
from target_responsys.destinations import TableRecords

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from responsys_io.recordcalls import RecordCall
    from responsys_io.restapi import RestApi
    from responsys_io.supplemental import Table
    from target_responsys.destinations import Destination, MergeRules, Records


@dataclass(frozen=True)
class Members:
    """The members of a profile list, found by what identifies them.

    Args:
        lists: The endpoints.
        list_name: The list.
    """

    lists: ProfileLists
    list_name: str

    def find(self, key: Mapping[str, str]) -> dict[str, str | None] | None:
        """Return the member who has all of these values, or None."""
        first, *_ = key
        found = self.lists.read(self.list_name, COLUMN_ATTRIBUTES[first.upper()], [key[first]])
        return next((member for member in found if all(member.get(name) == key[name] for name in key)), None)

    def riid(self, key: Mapping[str, str]) -> str | None:
        """Return the recipient id of the member who has all of these values, or None."""
        member = self.find(key)
        return member.get("RIID_") if member else None


@dataclass(frozen=True)
class ListRecords:
    """The members of a profile list as records. Safe for several threads.

    Args:
        members: The members.
        rule: How merges treat records.
    """

    members: Members
    rule: MergeRule

    def merge_call(
        self, field_names: Sequence[str], records: Sequence[Sequence[str]], *, repeatable: bool = True
    ) -> RecordCall:
        """Return the call that merges members; see `Records.merge_call`."""
        return member_merge(self.members.list_name, field_names, records, self.rule, repeatable=repeatable)

    def delete(self, key: Mapping[str, str]) -> Deleted:
        """Delete the member with that key, and with it the rows in extension tables."""
        riid = self.members.riid(key)
        if riid is None:
            return Deleted(found=False)
        return Deleted(failure=self.members.lists.delete(self.members.list_name, "r", [riid]).get(0, ""))

    def read(self, key: Mapping[str, str]) -> dict[str, str | None] | None:
        """Return the member with that key, or None."""
        return self.members.find(key)


@dataclass(frozen=True)
class ExtensionRecords:
    """The rows of an extension table. Safe for several threads.

    Args:
        extensions: The endpoints of the list's extension tables.
        members: The members of the list, who the rows belong to.
        table: The extension table; its key are the columns that members are found by.
        rules: How merges treat records.
    """

    extensions: Extensions
    members: Members
    table: Table
    rules: MergeRules

    def merge_call(
        self, field_names: Sequence[str], records: Sequence[Sequence[str]], *, repeatable: bool = True
    ) -> RecordCall:
        """Return the call that merges rows of people who are in the list; see `Records.merge_call`."""
        return self.extensions.row_merge(
            self.table.name,
            field_names,
            records,
            match_columns=self.table.primary_key,
            insert_on_no_match=self.rules.insert_on_no_match,
            update_on_match=self.rules.update_on_match,
            map_template_name=self.rules.map_template_name,
            repeatable=repeatable,
        )

    def delete(self, key: Mapping[str, str]) -> Deleted:
        """Delete the row of the member with that key; the member stays."""
        riid = self.members.riid(key)
        if riid is None:
            return Deleted(found=False)
        return Deleted(failure=self.extensions.delete(self.table.name, "r", [riid]).get(0, ""))

    def read(self, key: Mapping[str, str]) -> dict[str, str | None] | None:
        """Return the row of the member with that key, or None."""
        riid = self.members.riid(key)
        if riid is None:
            return None
        return next(self.extensions.read(self.table.name, "r", [riid]), None)


def records_of(
    api: RestApi,
    destination: Destination,
    rules: MergeRules,
    match_columns: tuple[str, ...] | None = None,
) -> Records:
    """Return the records of a destination.

    Args:
        api: The REST API.
        destination: The destination.
        rules: How merges treat records.
        match_columns: Of a supplemental table without primary key: the columns to match on.

    Raises:
        SettingsError: RSYS-5023 for a list without a decision on consent, RSYS-4203 when Responsys cannot
            match on the columns.
    """
    if destination.kind == "supplemental":
        return TableRecords(api, destination.table, rules, match_columns)
    members = Members(ProfileLists(api.session), destination.list_name)
    if destination.kind == "pet":
        extensions = Extensions(api.session, destination.list_name)
        return ExtensionRecords(extensions, members, destination.table, rules)
    if rules.default_permission_status is None:
        raise SettingsError(
            "RSYS-5023",
            f"Nothing is merged into {destination} before it is decided who is opted in.",
            "Set default_permission_status to OPTOUT, or to OPTIN for people who have agreed.",
        )
    rule = MergeRule(
        rules.default_permission_status,
        match_columns=destination.table.primary_key,
        insert_on_no_match=rules.insert_on_no_match,
        update_on_match=rules.update_on_match,
        optin_value=rules.optin_value,
        optout_value=rules.optout_value,
        reject_record_if_channel_empty=(rules.reject_record_if_channel_empty or "").replace(",", ""),
        map_template_name=rules.map_template_name,
    )
    return ListRecords(members, rule)
