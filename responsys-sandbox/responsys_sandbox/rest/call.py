"""One call of one API function: what a function is, and what it gets to work with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from responsys_sandbox.rest.errors import ApiError, invalid, unreadable
from responsys_sandbox.rest.versions import FIRST, current_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from responsys_sandbox.jobrunner import JobRunner
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.rest.sessions import Sessions
    from responsys_sandbox.store import Store
    from responsys_sandbox.tables import Column, Table

API = "/rest/api/v1.3"
ASYNC_API = "/rest/asyncApi/v1.3"
MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class Function:
    """An API function, throttled by itself.

    Attributes:
        name: the name limits go by.
        verb: HTTP method.
        path: path with `{variables}`.
        description: as `/rest/api/ratelimit` tells it.
        limit: calls per minute unless the options say otherwise.
        handler: does the work and returns the JSON value of the answer.
        needs_token: whether a valid token is asked for first.
        on_login_host: whether the login host knows it.
        action: the `action` parameter that tells it from others of the same path.
        status: HTTP status of its success.
        offered: whether the account has it.
    """

    name: str
    verb: str
    path: str
    description: str
    limit: int
    handler: Callable[[Call], Any]
    needs_token: bool = True
    on_login_host: bool = False
    action: str | None = None
    status: int = 200
    offered: Callable[[RestOptions], bool] = lambda _: True


@dataclass(slots=True, kw_only=True)
class Call:
    """A request to a function, decoded as far as HTTP goes.

    Attributes:
        path: the path and query as sent, percent-encoded.
        version: of the API, as the path has it.
        names: the path's variables, decoded.
        query: the query's values by name, in order.
        token: the Authorization header, or "".
        at_login_host: whether it came in there.
        now: epoch seconds.
        runner: runs Connect's jobs; None for an account without Connect.
        records: how many records it carried, for the request log; set by the handler.
    """

    store: Store
    options: RestOptions
    sessions: Sessions
    functions: tuple[Function, ...]
    end_point: str
    path: str
    version: str
    names: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes
    token: str
    at_login_host: bool
    now: float
    runner: JobRunner | None = None
    records: int = 0

    def json_object(self) -> dict[str, Any]:
        """Return the body, in the form of v1.3 whatever the version.

        Raises:
            ApiError: it is not a JSON object in UTF-8.
        """
        try:
            value = json.loads(self.body.decode())
        except ValueError:
            raise unreadable() from None
        if not isinstance(value, dict):
            raise unreadable()
        return current_body(value) if self.version == FIRST else value

    def page(self) -> slice:
        """Return the part of a list that `offset` and `limit` ask for; at most 200 items.

        Raises:
            ApiError: they are not whole numbers.
        """
        offset, limit = (
            self._whole_number(name, usual) for name, usual in (("offset", 0), ("limit", MAX_PAGE))
        )
        return slice(offset, offset + min(limit, MAX_PAGE))

    def _whole_number(self, name: str, usual: int) -> int:
        text = self.query.get(name, [str(usual)])[0]
        if not (text.isascii() and text.isdigit()):
            raise invalid(f"{name} must be a whole number")
        return int(text)

    def table(self, missing: str = "RESOURCE_NOT_FOUND") -> Table:
        """Return the supplemental table that the path names.

        Args:
            missing: the code to refuse a missing table with.

        Raises:
            ApiError: no such folder or table.
        """
        folder, name = self.names["folderName"], self.names["tableName"]
        require_folder(self.store, folder)
        table = self.store.table(folder, name)
        if table is None and missing == "TABLE_NOT_FOUND":
            raise ApiError(missing, f"No Supplemental Table found for given name [{name}]")
        if table is None:
            raise ApiError(missing, f"Supplemental name [{name}] does not exist")
        return table

    def profile_list(self) -> Table:
        """Return the profile list that the path names.

        Raises:
            ApiError: no such list.
        """
        name = self.names["listName"]
        found = self.store.lists.find(name)
        if found is None:
            raise ApiError("LIST_NOT_FOUND", f"{name} List Not Found")
        return found

    def extension(self, missing: str | None = None) -> Table:
        """Return the profile extension table that the path names.

        Args:
            missing: the code to refuse a missing table with; None for the one that the options ask for.

        Raises:
            ApiError: no such list or table.
        """
        name = self.names["petName"]
        found = self.store.extensions.find(self.profile_list().name, name)
        if found is None:
            code = missing or self.options.missing_extension
            raise ApiError(code, f"No PET Table found for given name [{name}]")
        return found

    def self_link(self, method: str) -> dict[str, str]:
        """Return the link to this call itself."""
        return link("self", self.path, method)


def require_folder(store: Store, name: str) -> None:
    """Refuse a folder that does not exist.

    Raises:
        ApiError: always when it does not.
    """
    if store.folder(name) is None:
        raise ApiError("FOLDER_NOT_FOUND", f"Folder name [{name}] does not exist")


def link(rel: str, href: str, method: str) -> dict[str, str]:
    """Return one entry of an answer's `links`."""
    return {"rel": rel, "href": href, "method": method}


def fields_of(columns: Iterable[Column]) -> list[dict[str, str]]:
    """Return columns as answers have them."""
    return [{"fieldName": column.name, "fieldType": column.type} for column in columns]


def members_path(table: Table) -> str:
    """Return the path of a supplemental table's members, percent-encoded."""
    return f"{API}/folders/{segment(table.folder)}/suppData/{segment(table.name)}/members"


def segment(name: str) -> str:
    """Return a name as one segment of a path."""
    return quote(name, safe="")
