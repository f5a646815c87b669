"""What people are known by: kinds of ids, their columns in a profile list, and spellings that are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from responsys_io.recipients import QueryAttribute

IdKind = Literal["riid", "email", "customer_id", "mobile"]

ATTRIBUTES: dict[IdKind, QueryAttribute] = {"riid": "r", "customer_id": "c", "email": "e", "mobile": "m"}
"""How calls about members of a list name a kind."""


def normal(kind: IdKind, value: str) -> str:
    """Return the form in which two spellings of an id are equal: no letter case, no + before a number.

    Lists keep mobile numbers without the +.
    """
    text = value.strip()
    if kind == "email":
        return text.lower()
    if kind == "mobile":
        return text.removeprefix("+")
    return text.lstrip("0") if kind == "riid" else text


def spellings(kind: IdKind, value: str) -> list[str]:
    """Return the spellings that an id is looked for in: Responsys may compare them to the letter."""
    return list(dict.fromkeys([value, normal(kind, value)]))


def id_problem(kind: IdKind, value: str) -> str | None:
    """Say why an id can be nobody's, without the id, or return None."""
    if kind == "riid" and not (value.isascii() and value.isdigit() and value.strip("0")):
        return "its recipient id is no whole number"
    return None
