"""Older versions of the API, which public clients still call (rest-api.md 1.2).

Version 1.1 has the paths and bodies of 1.3. Version 1 merges into a list, an extension table or a
supplemental table at the path of the object itself as well as below `members`, and wraps each record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENT = "v1.3"
FIRST = "v1"

_VERSIONED = re.compile(r"/rest/api/(v1|v1\.1)(?=/)")
_OBJECT = re.compile(
    r"/rest/api/v1\.3/(?:lists/[^/]+(?:/listExtensions/[^/]+)?|folders/[^/]+/suppData/[^/]+)"
)


def version_of(path: str) -> str:
    """Return the version that a path asks for; that of today where it names none that is older."""
    found = _VERSIONED.match(path)
    return found[1] if found else CURRENT


def current_paths(path: str) -> tuple[str, ...]:
    """Return the paths of v1.3 that a path of any version may stand for, the literal one first.

    A slash at the end says nothing: clients that work with the service send it.
    """
    current = _VERSIONED.sub(f"/rest/api/{CURRENT}", path).removesuffix("/")
    if version_of(path) == FIRST and _OBJECT.fullmatch(current):
        return current, f"{current}/members"
    return (current,)


def current_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body of version 1 as v1.3 has it: records are lists, match columns are numbered."""
    result = dict(body)
    data = result.get("recordData")
    if isinstance(data, dict) and isinstance(data.get("records"), list):
        result["recordData"] = data | {"records": [_values(record) for record in data["records"]]}
    if "matchColumn" in result:
        result["matchColumnName1"] = result.pop("matchColumn")
    return result


def _values(record: Any) -> Any:
    return record.get("fieldValues") if isinstance(record, dict) else record
