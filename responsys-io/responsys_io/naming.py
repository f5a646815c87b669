"""Names that Responsys accepts for fields, tables and folders, and what is wrong with those it does not.

The rules are those of Oracle's user guide (responsys-user, List_DataTypeFieldname) and of the REST
reference's rename page.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FIELD_NAME = 30
MAX_OBJECT_NAME = 100

_WORDS = (
    "access add admin administrator advisor all alter and any as asc audit baseurl between by byte "
    "char check cluster column comment connect compress create current data date decimal default "
    "delete desc distinct double drop else exclusive exists extends false file first float for from "
    "grant group having id identified if immediate import in increment index initial insert int "
    "integer intersect into is last level like lock long m maxextents minextents minus mlslabel mode "
    "modify noaudit nocompress nologging not nowait null number of offline on online option or order "
    "package pctfree pctused prior private privileges program protected public raw rename resource "
    "revoke row rowid rownum rows select session set share size smallint start successful synonym "
    "sysdate table test then to trigger true uid union unique update user validate values varchar "
    "varchar2 view whenever where with"
)
RESERVED_WORDS = frozenset(_WORDS.split())
"""Words that are no field names, in lower case; Responsys compares without case."""

_FORBIDDEN_LETTERS = frozenset("AEGKMPTU")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9$#_]*", re.ASCII)
_OBJECT_NAME = re.compile(r"[A-Za-z0-9 !\-=@_\[\]{}]+", re.ASCII)


def field_name_problem(name: str) -> str | None:
    """Say which rule a new field's name breaks, or return None."""
    if len(name) > MAX_FIELD_NAME:
        return f"it has {len(name)} characters and {MAX_FIELD_NAME} are allowed"
    if not _FIELD_NAME.fullmatch(name):
        return "it has to begin with a letter and hold only A-Z, a-z, 0-9, $, # and _"
    if name.endswith("_"):
        return "names that end in an underscore are reserved for system fields"
    if name.upper() in _FORBIDDEN_LETTERS:
        return f"the single letter {name} is not allowed"
    if name.lower() in RESERVED_WORDS:
        return f"{name} is a reserved word"
    return None


def object_name_problem(name: str) -> str | None:
    """Say which rule a table's or folder's name breaks, or return None."""
    if not name.strip():
        return "it is empty"
    if len(name) > MAX_OBJECT_NAME:
        return f"it has {len(name)} characters and {MAX_OBJECT_NAME} are allowed"
    if not _OBJECT_NAME.fullmatch(name):
        return "it may hold only A-Z, a-z, 0-9, blanks and ! - = @ _ [ ] { }"
    return None


def colliding_names(names: Iterable[str]) -> list[list[str]]:
    """Return the groups of names that are one name to Responsys, which compares without case."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[name.upper()].append(name)
    return [group for group in groups.values() if len(group) > 1]
