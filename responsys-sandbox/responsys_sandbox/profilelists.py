"""What a profile list is: its columns, and the columns that a member is found by (rest-api.md section 5)."""

from __future__ import annotations

from hashlib import md5, sha256
from typing import TYPE_CHECKING

from responsys_sandbox.contacts import LIST_COLUMNS, LIST_TIMES
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST_NAME = "CONTACTS_LIST"
"""The list that the account's contacts are in."""

HASHES = ("EMAIL_MD5_HASH_", "EMAIL_SHA256_HASH_")
IDENTITIES = ("RIID_", "CUSTOMER_ID_", "EMAIL_ADDRESS_", "MOBILE_NUMBER_", *HASHES)
"""Columns that a merge may match on."""

GIVEN_BY_RESPONSYS = frozenset({*IDENTITIES, "CREATED_DATE_", "MODIFIED_DATE_"})
"""Columns that a merge into an extension table takes and does not store in it."""

ATTRIBUTES = dict(zip(("r", "c", "e", "m", "e_md5", "e_sha256"), IDENTITIES, strict=True))
"""The column by the name that a query attribute has in a call."""

PERMISSIONS = {
    "E": "EMAIL_PERMISSION_STATUS_",
    "M": "MOBILE_PERMISSION_STATUS_",
    "P": "POSTAL_PERMISSION_STATUS_",
}
"""The column with the permission status, by channel."""

_ADDRESSES = {"E": "EMAIL_ADDRESS_", "M": "MOBILE_NUMBER_", "P": "POSTAL_STREET_1_"}
_FLAGS = ("_STATUS_", "_FORMAT_")
_WIDTHS = {
    "EMAIL_ADDRESS_": "STR500",
    "EMAIL_SHA256_HASH_": "STR100",
    **dict.fromkeys(("EMAIL_MD5_HASH_", "MOBILE_NUMBER_", "CITY_", "STATE_", "COUNTRY_"), "STR50"),
    **dict.fromkeys(("MOBILE_COUNTRY_", "POSTAL_CODE_"), "STR25"),
}


def contacts_list(folder: str) -> Table:
    """Return the list of the account's contacts; a list's key is the recipient id, which Responsys gives."""
    columns = tuple(Column(name, _type(name)) for name in LIST_COLUMNS)
    return Table(folder, LIST_NAME, columns, ("RIID_",))


def with_identities(extension: Table, profile_list: Table) -> Table:
    """Return an extension table as a merge sees it: its columns and those that members are found by."""
    found = [column for column in profile_list.columns if column.name in IDENTITIES]
    own = [column for column in extension.columns if column.name not in IDENTITIES]
    return Table(extension.folder, extension.name, (*found, *own), ("RIID_",))


def address_column(channel: str) -> str | None:
    """Return the column with the address of a channel (E, M or P), or None for another letter."""
    return _ADDRESSES.get(channel)


def derived_values(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return what Responsys derives from the columns that are named: forms, hashes, the domain."""
    derived: dict[str, str | None] = {}
    if "MOBILE_NUMBER_" in values:
        derived["MOBILE_NUMBER_"] = (values["MOBILE_NUMBER_"] or "").removeprefix("+") or None
    if "EMAIL_ADDRESS_" in values:
        email = values["EMAIL_ADDRESS_"]
        normal = (email or "").strip().lower().encode()
        derived |= {
            "EMAIL_DOMAIN_": email.rpartition("@")[2].lower() if email else None,
            "EMAIL_MD5_HASH_": md5(normal, usedforsecurity=False).hexdigest() if email else None,
            "EMAIL_SHA256_HASH_": sha256(normal).hexdigest() if email else None,
        }
    return derived


def _type(name: str) -> str:
    if name == "RIID_":
        return "INTEGER"
    if name in LIST_TIMES:
        return "TIMESTAMP"
    if name.endswith(_FLAGS):
        return "CHAR"
    return _WIDTHS.get(name, "STR255")
