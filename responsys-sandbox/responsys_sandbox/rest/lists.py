"""Profile lists (rest-api.md section 5): the account has the one that its contacts are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.contacts import LIST_COLUMNS, LIST_TIMES

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call

LIST_NAME = "CONTACTS_LIST"

_FLAGS = ("_STATUS_", "_FORMAT_")
_WIDTHS = {
    "EMAIL_ADDRESS_": "STR500",
    "EMAIL_SHA256_HASH_": "STR100",
    **dict.fromkeys(("EMAIL_MD5_HASH_", "MOBILE_NUMBER_", "CITY_", "STATE_", "COUNTRY_"), "STR50"),
    **dict.fromkeys(("MOBILE_COUNTRY_", "POSTAL_CODE_"), "STR25"),
}


def list_lists(call: Call) -> Any:
    """`GET /lists`: every list with its fields."""
    lists = [
        {
            "name": LIST_NAME,
            "folderName": call.options.folders[0],
            "fields": [{"fieldName": name, "fieldType": _type(name)} for name in LIST_COLUMNS],
        }
    ]
    return {"items": lists} if call.options.lists_in_items else lists


def _type(name: str) -> str:
    if name == "RIID_":
        return "INTEGER"
    if name in LIST_TIMES:
        return "TIMESTAMP"
    if name.endswith(_FLAGS):
        return "CHAR"
    return _WIDTHS.get(name, "STR255")
