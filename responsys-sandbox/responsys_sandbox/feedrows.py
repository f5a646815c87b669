"""Events as rows of their feeds: which columns a feed's header has, and what stands in them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from responsys_sandbox.layouts import layouts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.events import Event, Value
    from responsys_sandbox.exportoptions import ExportOptions
    from responsys_sandbox.layouts import Layout

    Field = Callable[[Event], Value | None]

LIST_ID = 1041

_EMPTY_FIELDS = {"BOUNCE": ("CUSTOMER_ID",), "SKIPPED": ("CONTACT_INFO",), "FAIL": ("CONTACT_INFO",)}
_PROFILE_FEEDS = frozenset({"SENT", "SKIPPED", "FAIL"})
_DERIVED_FEEDS = frozenset({"SENT", "LAUNCH_STATE"})
_CHARSET = "ISO-8859-1"
_DEVICES = (
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X)", "Apple", "iOS", "Mobile Safari", "Smartphone"),
    ("Mozilla/5.0 (Linux; Android 14; Pixel 8)", "Google", "Android", "Chrome Mobile", "Smartphone"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Microsoft", "Windows 10", "Edge", "Desktop"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Apple", "Mac OS X", "Safari", "Desktop"),
)


def header(layout: Layout, options: ExportOptions) -> tuple[str, ...]:
    """Return the columns of a feed's files in this account."""
    names = [column.name for column in layout.columns]
    if layout.custom_after is not None:
        at = {
            "default": names.index(layout.custom_after) + 1 if layout.custom_after else len(names),
            "first": 0,
            "last": len(names),
        }[options.custom_position]
        taken = {column.name for column in (*layout.columns, *layout.add_ons)}
        names[at:at] = [name for name in options.custom_columns if name not in taken]
    add_ons = [column.name for column in layout.add_ons if column.name in options.add_ons]
    if options.custom_position == "last" and layout.custom_after is not None:
        names[len(layout.columns) : len(layout.columns)] = add_ons
    else:
        names += add_ons
    if options.derived_column and layout.stem in _DERIVED_FEEDS and options.derived_column not in names:
        names.append(options.derived_column)
    if options.shuffle_columns:
        Random(f"{options.account_id}/{layout.stem}").shuffle(names)  # noqa: S311 - no secret
    return tuple(names)


class FeedRows:
    """Turns events of one feed into values in the order of its header.

    A value is text, a number, a time in epoch seconds (columns of type TIMESTAMP), or None for the null that
    is written without quotes.
    """

    def __init__(self, stem: str, options: ExportOptions) -> None:
        layout = layouts()[stem]
        self.header = header(layout, options)
        self.times = time_positions(layout, self.header)
        known = _fields(layout, options)
        self._fields = [(name, known.get(name, _empty)) for name in self.header]

    def values(self, event: Event) -> list[Value | None]:
        """Return an event's row."""
        details = event.details
        return [details[name] if name in details else field(event) for name, field in self._fields]


def time_positions(layout: Layout, names: Sequence[str]) -> frozenset[int]:
    """Return which of these columns of a feed hold times."""
    times = {column.name for column in (*layout.columns, *layout.add_ons) if column.is_time}
    return frozenset(position for position, name in enumerate(names) if name in times)


def _fields(layout: Layout, options: ExportOptions) -> dict[str, Field]:
    """Return where the values of a feed's columns come from."""
    event_type = layout.event_type_ids[0] if layout.event_type_ids else ""
    return {
        **{name: _of_contact(value) for name, value in _CONTACT_FIELDS.items()},
        **_EVENT_FIELDS,
        "EVENT_TYPE_ID": lambda _: event_type,
        "ACCOUNT_ID": lambda _: options.account_id,
        options.derived_column: lambda event: (event.launch.campaign.theme or None) if event.launch else None,
        **{name: _custom(name, layout.stem) for name in options.custom_columns},
        **dict.fromkeys(_EMPTY_FIELDS.get(layout.stem, ()), _empty),
    }


def _empty(_: Event) -> Value:
    return ""


def _of_contact(value: Callable[[Contact], Value]) -> Field:
    return lambda event: value(event.contact) if event.contact else ""


def _custom(name: str, stem: str) -> Field:
    """Return where a custom column's value comes from (Oracle, Help/CED/CustomColumns.htm).

    From the profile where the message was to be sent, from the link's query where one was clicked. The other
    feeds have the header and no value.
    """
    if stem in _PROFILE_FEEDS:
        return _of_contact(lambda contact: _profile_value(contact, name))
    if stem == "CLICK":
        parameter = f"{name}=$"
        return lambda event: (
            _profile_value(event.contact, name)
            if event.contact and parameter in str(event.details.get("OFFER_URL"))
            else ""
        )
    if name == "EMAIL_ADDRESS_" and stem in ("OPEN", "OPT_IN"):
        return _of_contact(lambda contact: contact.email)
    return _empty


def _profile_value(contact: Contact, name: str) -> str:
    known = {"LOYALTY_TIER": contact.tier_name, "STORE_ID": contact.store, "EMAIL_ADDRESS_": contact.email}
    return known[name] if name in known else f"{name.title()} {contact.riid % 50}"


def _device(position: int) -> Callable[[Contact], Value]:
    return lambda contact: _DEVICES[contact.riid % len(_DEVICES)][position]


_CONTACT_FIELDS: dict[str, Callable[[Contact], Value]] = {
    "CUSTOMER_ID": lambda contact: contact.customer_id,
    "EMAIL": lambda contact: contact.email,
    "CONTACT_INFO": lambda contact: contact.email,
    "COMPLAINER_EMAIL": lambda contact: contact.email,
    "EMAIL_ISP": lambda contact: contact.isp,
    "EMAIL_FORMAT": lambda contact: contact.email_format,
    "USER_AGENT_STRING": _device(0),
    "OS_VENDOR_INFO": _device(1),
    "OPERATING_SYSTEM_INFO": _device(2),
    "BROWSER_INFO": _device(3),
    "DEVICE_TYPE_INFO": _device(4),
    "BROWSER_TYPE_INFO": lambda _: "Web browser",
    "REMOTE_ADDR": lambda contact: f"198.51.100.{contact.riid % 254 + 1}",
}
_EVENT_FIELDS: dict[str, Field] = {
    "LIST_ID": lambda _: LIST_ID,
    "RIID": lambda event: event.contact.riid if event.contact else -1,
    "EVENT_CAPTURED_DT": lambda event: event.captured,
    "EVENT_STORED_DT": lambda event: event.stored,
    "PERSONALIZATION_DT": lambda event: event.launch.started if event.launch else "",
    "CAMPAIGN_ID": lambda event: event.launch.campaign.id if event.launch else "",
    "LAUNCH_ID": lambda event: event.launch.id if event.launch else "",
    "CAMPAIGN_NAME": lambda event: event.launch.campaign.name if event.launch else "",
    "LAUNCH_NAME": lambda event: event.launch.name if event.launch else "",
    "SUBJECT": lambda event: event.launch.campaign.subject if event.launch else "",
    "MARKETING_STRATEGY": lambda event: event.launch.campaign.strategy if event.launch else "",
    "LAUNCH_TYPE": lambda event: event.launch.type if event.launch else "",
    "LAUNCH_CHARSET": lambda _: _CHARSET,
    "PURPOSE": lambda _: "P",
    "DISPATCHABLE_TYPE": lambda _: "PromotionalCampaign",
    "PROGRAM_ID": lambda _: -1,
}
