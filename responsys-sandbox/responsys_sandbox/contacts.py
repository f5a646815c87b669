"""The people of the account: who they are, and what the profile list knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5, sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_FIRST_NAMES = (
    "Ada", "Bruno", "Chloé", "David", "Elif", "Femi", "Grace", "Henrik", "Inês", "Jonas", "Katja", "Liam",
    "Mina", "Noah", "Olga", "Pablo", "Quinn", "Rosa", "Søren", "Tara", "Ugo", "Vera", "Wanda", "Yusuf", "Zoë",
)  # fmt: skip
_LAST_NAMES = (
    "Abbott", "Baker", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Hughes", "Ivanova", "Jansen",
    "Kowalski", "Lind", "Müller", "Novak", "O'Brien", "Petrov", "Quist", "Rossi", "Smith", "Takeda", "Weber",
)  # fmt: skip
_STREETS = ("Mill Lane", "High Street", "Station Road", "Church Road", "Park Avenue", "Harbour Walk, Dock 4")
_CITIES = (
    ("Springfield", "IL", "62701", "US"),
    ("Portland", "OR", "97201", "US"),
    ("Albany", "NY", "12207", "US"),
    ("Québec", "QC", "G1R 4P5", "CA"),
    ("Leeds", "", "LS1 4DY", "GB"),
    ("Köln", "", "50667", "DE"),
)
_DOMAINS = (
    ("mail.example.com", "Example Mail"),
    ("inbox.example.net", "Example Inbox"),
    ("post.example.org", "Example Post"),
    ("example.com", "example.com"),
)
_TIERS = ("Bronze", "Silver", "Gold")
_ASCII = str.maketrans("éêèíïëüöøš", "eeeiieuoos", "'")
_MAIL_FIRST_NAMES = tuple(name.lower().translate(_ASCII) for name in _FIRST_NAMES)
_MAIL_LAST_NAMES = tuple(name.lower().translate(_ASCII) for name in _LAST_NAMES)


_WITHOUT_CUSTOMER_ID, _TEXT_FORMAT = (20, 7), (17, 3)
_NO_SUCH_ADDRESS, _OPTED_OUT, _UNDELIVERABLE = 0.015, 0.12, 0.03


@dataclass(slots=True)
class Contact:
    """A row of the profile list.

    What never changes follows from the RIID; the fields are what a life changes. Times are epoch seconds.

    Args:
        riid: The key of the list.
        engagement: How readily this person opens mail, around 1.
        exists: Whether the address exists; one that does not bounces hard at the first message.
        created: When the contact came into the list.
        modified: When the contact was last changed.
        permission: I opted in, O opted out.
        reason: Why the permission is what it is.
        deliverable: Whether mail still goes to the address.
        tier: The loyalty tier, a custom field.
    """

    riid: int
    engagement: float
    exists: bool
    created: int
    modified: int
    permission: str = "I"
    reason: str = "DV:MERGE"
    deliverable: bool = True
    tier: int = 0

    @property
    def mailable(self) -> bool:
        """Whether a launch may send to this contact."""
        return self.deliverable and self.permission == "I"

    def change_permission(self, permission: str, reason: str, moment: int) -> bool:
        """Opt the contact in or out; return whether that changed anything."""
        if permission == self.permission:
            return False
        self.permission, self.reason, self.modified = permission, reason, moment
        return True

    @property
    def first_name(self) -> str:
        """First name."""
        return _FIRST_NAMES[self.riid % len(_FIRST_NAMES)]

    @property
    def last_name(self) -> str:
        """Last name."""
        return _LAST_NAMES[self.riid // len(_FIRST_NAMES) % len(_LAST_NAMES)]

    @property
    def customer_id(self) -> str:
        """The client's key; one contact in twenty has none."""
        return "" if _is_one_in(self.riid, _WITHOUT_CUSTOMER_ID) else f"C{self.riid - 4_300_000_000:08d}"

    @property
    def domain(self) -> str:
        """Domain of the address."""
        return _DOMAINS[self.riid * 7 % 11 % len(_DOMAINS)][0]

    @property
    def isp(self) -> str:
        """Mail provider, as Responsys derives it from the domain."""
        return _DOMAINS[self.riid * 7 % 11 % len(_DOMAINS)][1]

    @property
    def email(self) -> str:
        """E-mail address."""
        first = _MAIL_FIRST_NAMES[self.riid % len(_FIRST_NAMES)]
        last = _MAIL_LAST_NAMES[self.riid // len(_FIRST_NAMES) % len(_LAST_NAMES)]
        return f"{first}.{last}.{self.riid}@{self.domain}"

    @property
    def email_format(self) -> str:
        """Preferred format: H HTML or T text."""
        return "T" if _is_one_in(self.riid, _TEXT_FORMAT) else "H"

    @property
    def tier_name(self) -> str:
        """Name of the loyalty tier."""
        return _TIERS[self.tier]

    @property
    def store(self) -> str:
        """Number of the nearest shop, with leading zeros."""
        return f"{1 + self.riid * 31 % 60:04d}"

    def list_fields(self) -> dict[str, str | int]:
        """Return the fields of the profile list; CREATED_DATE_ and MODIFIED_DATE_ in epoch seconds."""
        city, state, code, country = _CITIES[self.riid * 13 % len(_CITIES)]
        email = self.email
        mobile = "" if self.riid % 3 else f"+1202555{self.riid % 10000:04d}"
        return {
            "RIID_": str(self.riid),
            "CREATED_SOURCE_IP_": f"192.0.2.{self.riid % 254 + 1}",
            "CUSTOMER_ID_": self.customer_id,
            "EMAIL_ADDRESS_": email,
            "EMAIL_DOMAIN_": self.domain,
            "EMAIL_ISP_": self.isp,
            "EMAIL_FORMAT_": self.email_format,
            "EMAIL_PERMISSION_STATUS_": self.permission,
            "EMAIL_DELIVERABILITY_STATUS_": "D" if self.deliverable else "U",
            "EMAIL_PERMISSION_REASON_": self.reason,
            "EMAIL_MD5_HASH_": md5(email.encode(), usedforsecurity=False).hexdigest(),
            "EMAIL_SHA256_HASH_": sha256(email.encode()).hexdigest(),
            "MOBILE_NUMBER_": mobile,
            "MOBILE_COUNTRY_": "US" if mobile else "",
            "MOBILE_PERMISSION_STATUS_": "I" if mobile else "O",
            "MOBILE_DELIVERABILITY_STATUS_": "D" if mobile else "U",
            "MOBILE_PERMISSION_REASON_": "",
            "POSTAL_STREET_1_": f"{1 + self.riid % 240} {_STREETS[self.riid * 5 % len(_STREETS)]}",
            "POSTAL_STREET_2_": "" if self.riid % 9 else 'Flat "B"',
            "CITY_": city,
            "STATE_": state,
            "POSTAL_CODE_": code,
            "COUNTRY_": country,
            "POSTAL_PERMISSION_STATUS_": "I",
            "POSTAL_DELIVERABILITY_STATUS_": "D",
            "POSTAL_PERMISSION_REASON_": "",
            "CREATED_DATE_": self.created,
            "MODIFIED_DATE_": self.modified,
            "FIRST_NAME": self.first_name,
            "LAST_NAME": self.last_name,
            "LOYALTY_TIER": self.tier_name,
            "STORE_ID": self.store,
        }


def _is_one_in(riid: int, share: tuple[int, int]) -> bool:
    number, remainder = share
    return riid % number == remainder


def new_contact(riid: int, created: int, random: Random) -> Contact:
    """Return a person who has just come into the list, opted in."""
    return Contact(
        riid=riid,
        engagement=random.betavariate(1.2, 3.6) * 4,
        exists=random.random() >= _NO_SUCH_ADDRESS,
        created=created,
        modified=created,
        tier=min(2, int(random.expovariate(1.4))),
    )


def old_contact(riid: int, now: int, random: Random) -> Contact:
    """Return a person who has been in the list for up to two years: some have left, some bounced."""
    contact = new_contact(riid, now - random.randrange(86_400, 730 * 86_400), random)
    contact.modified = random.randrange(contact.created, now)
    fate = random.random()
    if fate < _OPTED_OUT:
        contact.permission, contact.reason = "O", "US:Unsubscribe"
    elif fate < _OPTED_OUT + _UNDELIVERABLE:
        contact.exists, contact.deliverable = False, False
    return contact


LIST_COLUMNS = tuple(Contact(1, 1.0, exists=True, created=0, modified=0).list_fields())
"""Columns of the profile list: Oracle's system fields, then the account's own."""

LIST_TIMES = frozenset({"CREATED_DATE_", "MODIFIED_DATE_"})
"""Those of them that hold times."""
