"""What a supplemental table is, and the rules its names and types obey."""

from __future__ import annotations

import re
from dataclasses import dataclass

TEXT_WIDTHS = {
    "CHAR": 1,
    "STR25": 25,
    "STR50": 50,
    "STR100": 100,
    "STR255": 255,
    "STR500": 500,
    "STR4000": 4000,
}
"""Characters each text type holds. STR50 and STR255 are those of profile lists alone."""

FIELD_TYPES = ("CHAR", "STR25", "STR100", "STR500", "STR4000", "INTEGER", "NUMBER", "TIMESTAMP")
"""Types of the columns of a supplemental table that is made over REST."""

EXTENSION_FIELD_TYPES = ("STR500", "STR4000", "INTEGER", "NUMBER", "TIMESTAMP")
"""Types of the columns of a profile extension table that is made over REST."""

MAX_KEY_COLUMNS = 4
MAX_NAME_LENGTH = 100
MAX_FIELD_NAME_LENGTH = 30

_OBJECT_NAME = re.compile(r"[A-Za-z0-9 !\-=@_\[\]{}]+")
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9$#_]*")
_FORBIDDEN_LETTERS = frozenset("AEGKMPTU")
_RESERVED_WORDS = """
access add admin administrator advisor all alter and any as asc audit baseurl between by byte char check
cluster column comment connect compress create current data date decimal default delete desc distinct
double drop else exclusive exists extends false file first float for from grant group having id
identified if immediate import in increment index initial insert int integer intersect into is last
level like lock long m maxextents minextents minus mlslabel mode modify noaudit nocompress nologging not
nowait null number of offline on online option or order package pctfree pctused prior private privileges
program protected public raw rename resource revoke row rowid rownum rows select session set share size
smallint start successful synonym sysdate table test then to trigger true uid union unique update user
validate values varchar varchar2 view whenever where with
"""
_FORBIDDEN_NAMES = frozenset(_RESERVED_WORDS.split())


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name as the table spells it, its Responsys type, whether it joins to the profile list."""

    name: str
    type: str
    data_extraction_key: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A supplemental table. `primary_key` is empty for tables made in the UI without a key."""

    folder: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()

    def column(self, name: str, *, case_sensitive: bool = False) -> Column | None:
        """Return the column of that name, or None."""
        for column in self.columns:
            if column.name == name or (not case_sensitive and column.name.upper() == name.upper()):
                return column
        return None


def object_name_problem(name: str, kind: str) -> str | None:
    """Say what is wrong with a folder's or table's name, in Oracle's words (rename page), or return None.

    Args:
        name: the name to check.
        kind: "Table" or "Folder".
    """
    if len(name) > MAX_NAME_LENGTH:
        return f"Max Length of {kind.lower()} name allowed: {MAX_NAME_LENGTH}"
    if not _OBJECT_NAME.fullmatch(name):
        return f"Invalid characters in the {kind} Name"
    return None


def field_name_problem(name: str, *, reserved_words: bool = True) -> str | None:
    """Say which rule of the user guide ("data types and field names") a field name breaks, or return None."""
    if len(name) > MAX_FIELD_NAME_LENGTH:
        return f"Max Length of field name allowed: {MAX_FIELD_NAME_LENGTH}"
    if not _FIELD_NAME.fullmatch(name):
        return "Invalid characters in the Field Name"
    if name.endswith("_"):
        return "Field Name must not end with an underscore"
    if name.upper() in _FORBIDDEN_LETTERS or (reserved_words and name.lower() in _FORBIDDEN_NAMES):
        return "Field Name is a reserved word"
    return None
