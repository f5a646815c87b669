"""The rows of the account's tables beside the list: a profile extension table and a supplemental one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_sandbox.accountclock import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.events import Value

EXTENSION_COLUMNS = ("RIID_", "LOYALTY_POINTS", "LAST_PURCHASE_DATE", "FAVOURITE_STORE")
EXTENSION_TIMES = frozenset({2})
"""Positions of the columns with times."""

SUPPLEMENTAL_COLUMNS = ("STORE_ID", "STORE_NAME", "CITY", "OPENED_DATE", "SQUARE_METRES")
SUPPLEMENTAL_TIMES = frozenset({3})

_STORES = 60
_CITIES = ("Springfield", "Portland", "Albany", "Québec", "Leeds", "Köln")
_PLACES = ("Harbour", "Station", 'The "Old Mill"', "Market, North Side", "Airport")
_FIRST_OPENING = 946_900_800


def extension_rows(contacts: Iterable[Contact], moment: int) -> Iterator[Sequence[Value | None]]:
    """Yield the profile extension table as it is at a moment: two contacts in three have a row."""
    for contact in contacts:
        if contact.riid % 3:
            days = (moment - contact.created) // DAY
            bought = contact.created + contact.riid % 17 * DAY // 2
            points = contact.riid % 50 + days * (contact.tier + 1)
            yield str(contact.riid), str(points), bought if bought <= moment else "", contact.store


def supplemental_rows() -> Iterator[Sequence[Value | None]]:
    """Yield the supplemental table: the shops that contacts have as the nearest one."""
    for number in range(1, _STORES + 1):
        city = _CITIES[number % len(_CITIES)]
        name = f"{city} {_PLACES[number % len(_PLACES)]}"
        opened = _FIRST_OPENING + number * 97 * DAY
        yield f"{number:04d}", name, city, opened, str(120 + number * 37 % 900)
