"""The REST API of Responsys, a method per endpoint: supplemental tables and what a session needs to know.

Paths and shapes are those of Oracle's REST API reference, v1.3 (responsys-develop, API/REST).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, Unpack

from responsys_io.answeredrows import answered_rows, named_rows
from responsys_io.proxies import configured_proxy
from responsys_io.ratelimit import parse_limits
from responsys_io.recordcalls import MergeOptions, carry_out
from responsys_io.restanswers import RefusedError
from responsys_io.resthttp import Http
from responsys_io.restlogin import ApiLogin
from responsys_io.restpages import listed
from responsys_io.restsession import Endpoint, RestSession, encoded
from responsys_io.supplemental import Table, columns_of, listed_table
from responsys_io.tablecalls import merge_call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from responsys_io.ratelimit import ApiFunction
    from responsys_io.restretry import Pursuit

logger = logging.getLogger(__name__)

_MISSING_TABLE = {"RESOURCE_NOT_FOUND", "TABLE_NOT_FOUND"}
MISSING_RECORD = {"RECORD_NOT_FOUND", "RESOURCE_NOT_FOUND"}
"""Codes for a key that no record has."""

_RATE_LIMITS = Endpoint("GET", "/ratelimit", "read the account's limits", prefix="/rest/api")
_USER_INFO = Endpoint("GET", "/user/info", "read the user's details")
_TABLES = Endpoint("GET", "/suppData", "list the supplemental tables")
_COLUMNS = Endpoint("GET", "/folder/{folder}/suppData/{table}", "describe the table")
_CREATE = Endpoint("POST", "/folders/{folder}/suppData", "create the table")
_READ = Endpoint("GET", "/folders/{folder}/suppData/{table}/members", "read a record")
_DELETE = Endpoint("DELETE", "/folders/{folder}/suppData/{table}/members", "delete a record")


@dataclass(frozen=True)
class User:
    """Whom the session has signed in as."""

    name: str
    account: str
    time_zone: str


class RestApi:
    """The endpoints. Use as a context manager, or close it."""

    def __init__(self, session: RestSession) -> None:
        self.session = session

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, pursuit: Pursuit | None = None) -> Self:
        """Make one out of a plugin's settings; nothing is sent yet.

        Raises:
            SettingsError: RSYS-1006, RSYS-1011 to RSYS-1013, RSYS-4013 when they cannot be right.
        """
        given = {name: config[name] for name in ("connect_timeout", "io_timeout") if config.get(name)}
        http = Http(ca_bundle=config.get("ca_bundle") or None, proxy=configured_proxy(config), **given)
        return cls(RestSession(ApiLogin.from_config(config), http, pursuit=pursuit))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.session.close()

    def rate_limits(self) -> dict[ApiFunction, int]:
        """Read the account's calls per minute by function."""
        return parse_limits(self.session.call(_RATE_LIMITS))

    def keep_to_limits(self) -> None:
        """Pace all further calls by the account's own limits, where it tells them."""
        try:
            self.session.pacer.learn(self.rate_limits())
        except RefusedError as error:
            logger.warning("The account's limits are not known, calls are not spaced: %s", error)

    def user_info(self) -> User:
        """Read whom the session has signed in as."""
        answer = _object(self.session.call(_USER_INFO), _USER_INFO)
        texts = (str(answer.get(name) or "") for name in ("userName", "accountName", "accountTimeZone"))
        return User(*texts)

    def tables(self) -> Iterator[Table]:
        """List every supplemental table that the user may see, a page at a time."""
        for entry in listed(self.session, _TABLES, "items"):
            yield listed_table(entry)

    def describe(self, folder: str, table: str) -> Table | None:
        """Read a table's columns and primary key, or return None when the folder has no such table."""
        names = {"folder": folder, "table": table}
        try:
            all_columns, key = (
                self.session.call(_COLUMNS, names, query=[("ft", ft)]) for ft in ("all", "pk")
            )
        except RefusedError as error:
            if error.error_code in _MISSING_TABLE:
                return None
            raise
        primary_key = tuple(column.name for column in columns_of(_object(key, _COLUMNS)))
        return Table(folder, table, columns_of(_object(all_columns, _COLUMNS)), primary_key)

    def create(self, table: Table) -> None:
        """Create a table; Responsys stores the columns' names in upper case.

        Raises:
            RefusedError: RSYS-4009, for example when the folder is missing.
        """
        body = {
            "table": {"objectName": table.name},
            "fields": [
                {
                    "fieldName": column.name,
                    "fieldType": column.type,
                    "dataExtractionKey": column.data_extraction_key,
                }
                for column in table.columns
            ],
            "primaryKeys": list(table.primary_key),
        }
        # Sent twice, the second one is refused because the table exists: no harm, but an error.
        self.session.call(_CREATE, {"folder": table.folder}, body=encoded(body), repeatable=False)

    def merge(
        self,
        table: Table,
        field_names: Sequence[str],
        records: Sequence[Sequence[str]],
        *,
        match_columns: Sequence[str] | None = None,
        **options: Unpack[MergeOptions],
    ) -> dict[int, str]:
        """Merge records, see `merge_call`; a call whose body would be too large is made in halves.

        Returns:
            Responsys's words by index in `records`, for those that were refused.

        Raises:
            RefusedError: RSYS-4009 when the call as a whole was refused; nothing was merged then.
            DataError: RSYS-4011 for a single record that is too large, RSYS-4007 when the answer cannot be
                attributed to the records.
            UnknownOutcomeError: RSYS-4004 when a call that is not repeatable may have been carried out.
        """
        call = merge_call(table, field_names, records, match_columns=match_columns, **options)
        return carry_out(self.session, call)

    def read(
        self, table: Table, key: Mapping[str, str], field_names: Sequence[str] = ("all",)
    ) -> dict[str, str | None] | None:
        """Read the record with that full primary key, or return None."""
        query = [*_key_query(key), ("fs", ",".join(field_names))]
        try:
            answer = self.session.call(_READ, {"folder": table.folder, "table": table.name}, query=query)
        except RefusedError as error:
            if error.error_code in MISSING_RECORD:
                return None
            raise
        return next(named_rows(answer, _READ), None)

    def delete(self, table: Table, key: Mapping[str, str]) -> str | None:
        """Delete the record with that full primary key.

        Returns:
            None when it was deleted, else Responsys's words.

        Raises:
            RefusedError: RSYS-4009 with a code of `MISSING_RECORD` when there is none, which is also said
                to a call that was sent again after its answer was lost.
        """
        names = {"folder": table.folder, "table": table.name}
        answer = self.session.call(_DELETE, names, query=_key_query(key), rows=1)
        words = [str(row[0]) for row in answered_rows(answer, _DELETE) if row]
        return next((text.strip() for text in words if text.startswith("DELETEFAILED:")), None)


def _key_query(key: Mapping[str, str]) -> list[tuple[str, str]]:
    return [*(("qa", name) for name in key), *(("id", value) for value in key.values())]


def _object(document: Any, endpoint: Endpoint) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise endpoint.unusable()
    return document
