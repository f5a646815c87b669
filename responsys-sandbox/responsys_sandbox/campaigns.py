"""What the account sends: campaigns, their offers, and the launches that send them."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A tracked link of a campaign. The URL is a template: Responsys exports it unrendered."""

    name: str
    number: int
    category: str
    url: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """An e-mail campaign.

    Args:
        id: CAMPAIGN_ID.
        name: CAMPAIGN_NAME.
        subject: The subject line's template.
        strategy: MARKETING_STRATEGY, empty where none is set.
        weekdays: Days of its standard launches, Monday is 0; empty for a triggered campaign.
        minute: Minute of the account's day at which a standard launch starts.
        share: Share of the mailable contacts that a standard launch goes to.
        open_rate: Share of delivered messages that are opened by people of average engagement.
        click_rate: Share of opened messages in which a link is clicked.
        offers: Its links.
        theme: The account's own campaign attribute, empty where none is set.
        names_launches: Whether its launches are given names; most are not.
    """

    id: int
    name: str
    subject: str
    strategy: str
    weekdays: tuple[int, ...]
    minute: int
    share: float
    open_rate: float
    click_rate: float
    offers: tuple[Offer, ...]
    theme: str = ""
    names_launches: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a campaign.

    Args:
        id: LAUNCH_ID.
        campaign: What is sent.
        type: LAUNCH_TYPE: S standard, R recurring, X long-lived.
        started: Epoch seconds.
    """

    id: int
    campaign: Campaign
    type: str
    started: int

    @property
    def name(self) -> str:
        """LAUNCH_NAME, mostly empty."""
        if not self.campaign.names_launches:
            return ""
        return f"{self.campaign.name}_{time.strftime('%Y%m%d', time.gmtime(self.started))}"


_SHOP = "https://shop.example.com"
_PRODUCTS = (
    ("Trail shoe", "Shoes", "trail-shoe"),
    ("Rain jacket", "Clothing", "rain-jacket"),
    ("Day pack, 20 l", "Packs", "day-pack-20"),
    ("Camp stove", "Camping", "camp-stove"),
    ("Head torch", "Camping", "head-torch"),
    ('Sleeping bag "Nord"', "Camping", "sleeping-bag-nord"),
    ("Tent for two", "Camping", "tent-for-two"),
    ("Trekking poles", "", "trekking-poles"),
)


def _products(campaign: str, *numbers: int) -> tuple[Offer, ...]:
    return tuple(
        Offer(
            name=_PRODUCTS[number][0],
            number=100 + number,
            category=_PRODUCTS[number][1],
            url=f"{_SHOP}/p/{_PRODUCTS[number][2]}?utm_campaign={campaign}&cid=${{CUSTOMER_ID_}}",
        )
        for number in numbers
    )


def _pages(*names: str) -> tuple[Offer, ...]:
    return tuple(
        Offer(name, 200 + number, "", f"{_SHOP}/{name.lower().replace(' ', '-')}?STORE_ID=${{STORE_ID}}")
        for number, name in enumerate(names)
    )


STANDARD = (
    Campaign(
        5010, "Weekly_Newsletter", "${FIRST_NAME}, this week outdoors", "Retention", (1,), 9 * 60, 1.0,
        0.24, 0.11, (*_products("newsletter", 0, 1, 2, 3), *_pages("Stories", "Find a store")), "Outdoors",
    ),
    Campaign(
        5020, "New_Arrivals", 'New: tents, stoves & the "Nord" sleeping bag', "Acquisition", (3,),
        11 * 60 + 30, 0.7, 0.20, 0.14, _products("arrivals", 3, 4, 5, 6), "Camping",
    ),
    Campaign(
        5030, "Weekend_Offers", "<#if TIER == 'Gold'>20 % off<#else>10 % off</#if> until Sunday; today only",
        "", (4, 5), 16 * 60, 0.55, 0.22, 0.16, (*_products("weekend", 0, 1, 4, 7), *_pages("Sale")), "Sale",
    ),
    Campaign(
        5040, "Store_Events", "Café & climbing at store ${STORE_ID}", "Retention", (2,), 18 * 60, 0.35,
        0.28, 0.08, _pages("Find a store", "Events"), names_launches=True,
    ),
)  # fmt: skip
"""Campaigns that are launched on fixed days."""

WELCOME = Campaign(
    6010, "Welcome", "Welcome, ${FIRST_NAME}!", "Onboarding", (), 0, 0, 0.52, 0.24,
    (*_pages("Start here", "Find a store"), *_products("welcome", 0, 2)),
)  # fmt: skip
"""Sent within minutes to everybody who opts in; one launch lives as long as the campaign."""

ABANDONED_CART = Campaign(
    6020, "Abandoned_Cart", "${FIRST_NAME}, you left something behind", "Conversion", (), 0, 0, 0.42, 0.27,
    _products("cart", *range(len(_PRODUCTS))),
)  # fmt: skip
"""Sent some hours after a click that led to no order; a new launch every day."""

CAMPAIGNS = (*STANDARD, WELCOME, ABANDONED_CART)
"""Everything the account sends."""
