"""The rule of a list merge: what matches, what incoming values mean, who is turned away (rest-api.md 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_sandbox.profilelists import HASHES, PERMISSIONS, address_column
from responsys_sandbox.rest.errors import invalid
from responsys_sandbox.rest.matchcolumns import match_columns
from responsys_sandbox.rest.merging import RecordError, read_insert, read_update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_sandbox.rest.options import RestOptions

_DEFAULTS = {"OPTIN": "I", "OPTOUT": "O", None: "O", "": "O"}
_FORMATS = frozenset("HTUNM")
_PROPERTIES = (
    "textValue",
    "htmlValue",
    "optinValue",
    "insertOnNoMatch",
    "updateOnMatch",
    "matchColumnName1",
    "matchColumnName2",
    "matchOperator",
    "optoutValue",
    "rejectRecordIfChannelEmpty",
    "defaultPermissionStatus",
    "matchColumnName3",
)

EMPTY_RULE: dict[str, Any] = {
    name: False if name == "insertOnNoMatch" else None for name in _PROPERTIES if name != "matchColumnName3"
}
"""The rule in answers of calls that have none."""


@dataclass(frozen=True, slots=True)
class MergeRule:
    """A rule that was found in order.

    Attributes:
        match: the list's columns to match on.
        insert: insert who is not there.
        update: overwrite who is.
        statuses: what incoming permission values mean.
        formats: what incoming e-mail formats mean.
        required: address columns that must not be empty.
        default: permission status where a record has none.
        echo: the rule as answers have it.
    """

    match: tuple[str, ...]
    insert: bool
    update: bool
    statuses: Mapping[str, str]
    formats: Mapping[str, str]
    required: tuple[str, ...]
    default: str
    echo: Mapping[str, Any]

    def applied(self, record: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return a record with its permissions and its format as the list keeps them.

        Raises:
            RecordError: a value means nothing, or an address or a match value is missing.
        """
        for column in (*self.match, *self.required):
            if record.get(column) is None:
                raise RecordError(f"INVALID_PARAMETER: The value of {column} must not be empty")
        email = record.get("EMAIL_ADDRESS_")
        if email is not None and "@" not in email.strip("@"):
            raise RecordError(f"INVALID_PARAMETER: The value {email} is not a valid email address")
        result = dict(record)
        for column in PERMISSIONS.values():
            if column in record and (value := record[column]) is None:
                del result[column]
            elif column in record:
                result[column] = _meaning(value, self.statuses, column)
        if (value := record.get("EMAIL_FORMAT_")) is not None:
            result["EMAIL_FORMAT_"] = _meaning(value, self.formats, "EMAIL_FORMAT_")
        return result


def read_rule(body: dict[str, Any], options: RestOptions) -> MergeRule:
    """Read the `mergeRule` of a list merge.

    Raises:
        ApiError: it is not in order.
    """
    rule = body.get("mergeRule")
    if not isinstance(rule, dict):
        raise invalid("mergeRule is required")
    columns = match_columns(rule, underscore=True)
    operator = rule.get("matchOperator")
    if operator not in ({"AND"} if len(columns) > 1 else {"NONE", None, ""}):
        raise invalid("matchOperator must be NONE for one match column and AND for two")
    insert = read_insert(rule, options)
    if insert and set(columns) & set(HASHES):
        raise invalid("insertOnNoMatch must be false to match on a hash column")
    default = rule.get("defaultPermissionStatus")
    if default not in _DEFAULTS:
        raise invalid("defaultPermissionStatus must be OPTIN or OPTOUT")
    return MergeRule(
        match=columns,
        insert=insert,
        update=read_update(rule) == "REPLACE_ALL",
        statuses=_words(rule, {"I": "optinValue", "O": "optoutValue"}),
        formats=dict(zip(_FORMATS, _FORMATS, strict=True))
        | _words(rule, {"H": "htmlValue", "T": "textValue"}),
        required=_required(rule.get("rejectRecordIfChannelEmpty")),
        default=_DEFAULTS[default],
        echo={name: rule.get(name) for name in _PROPERTIES},
    )


def _words(rule: dict[str, Any], properties: dict[str, str]) -> dict[str, str]:
    """Return the meaning of incoming values; a word that the rule does not give is the meaning itself."""
    return {str(rule.get(name) or meaning): meaning for meaning, name in properties.items()}


def _required(channels: Any) -> tuple[str, ...]:
    if channels is None or channels == "":
        return ()
    names = [part.strip() for part in channels.split(",")] if isinstance(channels, str) else []
    columns = [address_column(name) for name in names]
    if not columns or None in columns:
        raise invalid("rejectRecordIfChannelEmpty must be a list of E, M and P")
    return tuple(column for column in columns if column)


def _meaning(value: str | None, meanings: Mapping[str, str], column: str) -> str:
    if value is None or value not in meanings:
        raise RecordError(f"INVALID_PARAMETER: The value {value} is not valid for {column}")
    return meanings[value]
