"""What becomes of a message: sent or not, bounced, opened, clicked, answered with an unsubscription."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from responsys_sandbox.accountclock import DAY, HOUR, MINUTE
from responsys_sandbox.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from responsys_sandbox.accountclock import AccountClock
    from responsys_sandbox.agenda import Agenda
    from responsys_sandbox.campaigns import Launch
    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.events import Value

# Shares of messages.
_FAILED, _UNKNOWN, _SKIPPED, _SOFT_BOUNCED = 0.001, 0.0006, 0.0024, 0.006
# Shares of opens and clicks.
_OPENED_AGAIN, _UNSUBSCRIBED, _COMPLAINED = 0.22, 0.004, 0.0004
_CLICKED_AGAIN, _CART_ABANDONED = 0.2, 0.2
_STORED_LATE, _DAMAGED = 0.005, 0.001
_WEEKEND_MOOD = 0.8
_MORNING = 6

_SOFT_REASONS = ("NO_REPLY_FROM_HOST", "INDETERMINATE", "CONNECTION_REFUSED", "MAILBOX_FULL")
_SERVER_TEXT = '550 5.1.1 "user unknown"; mailbox unavailable, not found'


class Messages:
    """Sends messages and puts on the agenda what people do with them.

    Args:
        agenda: What is going to happen.
        clock: The account's time of day.
        abandoned: Called some hours after a click on a product that led to no order.
    """

    def __init__(
        self, agenda: Agenda, clock: AccountClock, abandoned: Callable[[Contact, int], Iterator[Event]]
    ) -> None:
        self._agenda, self._clock, self._abandoned = agenda, clock, abandoned

    def send(self, contact: Contact, launch: Launch, moment: int) -> Iterator[Event]:
        """Send a launch's message to a contact, unless mail may not or cannot go there."""
        if not contact.mailable:
            return
        agenda, luck = self._agenda, self._agenda.random.random()
        for event, share in ((self._fail, _FAILED), (self._not_found, _UNKNOWN), (self._skip, _SKIPPED)):
            if luck < share:
                yield event(contact, launch, moment)
                return
            luck -= share
        stored = moment + agenda.below(18)
        yield Event("SENT", moment, stored, contact, launch, self._content())
        if not contact.exists:
            later = stored + 30 + agenda.below(4 * MINUTE)
            agenda.at(later, partial(self._bounce, contact, launch, later, hard=True))
        elif luck < _SOFT_BOUNCED:
            later = stored + MINUTE + agenda.below(4 * HOUR)
            agenda.at(later, partial(self._bounce, contact, launch, later, hard=False))
        else:
            mood = contact.engagement * (_WEEKEND_MOOD if self._clock.is_weekend(moment) else 1)
            if agenda.chance(launch.campaign.open_rate * mood):
                self._open_later(contact, launch, stored)

    def _content(self) -> dict[str, Value]:
        agenda = self._agenda
        values: dict[str, Value] = {"MESSAGE_SIZE": 18_000 + agenda.below(46_000)}
        if agenda.chance(0.9):
            values["OFFER_SIGNATURE_ID"] = agenda.random.getrandbits(63) - (1 << 62)
        if agenda.chance(0.5):
            values["DYNAMIC_CONTENT_SIGNATURE_ID"] = agenda.random.getrandbits(63) - (1 << 62)
        if agenda.chance(0.02):
            values["SEGMENT_INFO"] = "PR:1;SR:Loyal, frequent"
        return values

    def _fail(self, contact: Contact, launch: Launch, moment: int) -> Event:
        reason = 'Template error: no value for "FIRST_NAME"'
        details: dict[str, Value] = {"REASON": reason, "EMAIL_ISP": " ", "MESSAGE_SIZE": 0}
        return Event("FAIL", moment, moment, contact, launch, details)

    def _not_found(self, _: Contact, launch: Launch, moment: int) -> Event:
        details: dict[str, Value] = {"REASON": "Recipient not found", "EMAIL_FORMAT": "H", "MESSAGE_SIZE": 0}
        return Event("SKIPPED", moment, moment, None, launch, details)

    def _skip(self, contact: Contact, launch: Launch, moment: int) -> Event:
        details: dict[str, Value] = {"REASON": "Frequency cap reached", "MESSAGE_SIZE": 0}
        return Event("SKIPPED", moment, moment, contact, launch, details)

    def _bounce(self, contact: Contact, launch: Launch, moment: int, *, hard: bool) -> Iterator[Event]:
        reason = "USER_NOT_FOUND" if hard else self._agenda.one_of(_SOFT_REASONS)
        details: dict[str, Value] = {
            "BOUNCE_TYPE": "H" if hard else "S",
            "REASON": reason,
            "REASON_CODE": _SERVER_TEXT if hard or self._agenda.chance(0.3) else "",
        }
        if hard and contact.deliverable:
            contact.deliverable, contact.modified = False, moment
        yield Event("BOUNCE", moment - self._agenda.below(18), moment, contact, launch, details)

    def _open_later(self, contact: Contact, launch: Launch, after: int) -> None:
        """Most people look within hours, some on the next days, few at night."""
        agenda = self._agenda
        hours = agenda.random.expovariate(1 / (3 if agenda.chance(0.85) else 30))
        opened = after + 20 + int(hours * HOUR)
        hour = self._clock.hour(opened)
        if hour < _MORNING and agenda.chance(0.85):
            opened += int((_MORNING - hour + 1.5 * agenda.random.random()) * HOUR)
        stored = self._stored(opened)
        agenda.at(stored, partial(self._open, contact, launch, opened, stored))

    def _open(self, contact: Contact, launch: Launch, opened: int, stored: int) -> Iterator[Event]:
        agenda = self._agenda
        yield Event("OPEN", opened, stored, contact, launch, self._identity(contact))
        if agenda.chance(_OPENED_AGAIN):
            self._open_later(contact, launch, stored)
        if agenda.chance(launch.campaign.click_rate):
            self._click_later(contact, launch, opened, stored)
        later = stored + 20 + agenda.below(20 * MINUTE)
        if agenda.chance(_UNSUBSCRIBED):
            agenda.at(later, partial(self._unsubscribe, contact, launch, later))
        elif agenda.chance(_COMPLAINED):
            agenda.at(later, partial(self._complain, contact, launch, later))

    def _click_later(self, contact: Contact, launch: Launch, after: int, known: int) -> None:
        clicked = after + 5 + int(self._agenda.random.expovariate(1 / 240))
        stored = max(known, self._stored(clicked))
        self._agenda.at(stored, partial(self._click, contact, launch, clicked, stored))

    def _click(self, contact: Contact, launch: Launch, clicked: int, stored: int) -> Iterator[Event]:
        agenda, offer = self._agenda, self._agenda.one_of(launch.campaign.offers)
        details: dict[str, Value] = {
            "OFFER_NAME": offer.name,
            "OFFER_NUMBER": offer.number,
            "OFFER_CATEGORY": offer.category,
            "OFFER_URL": offer.url,
        }
        yield Event("CLICK", clicked, stored, contact, launch, details | self._identity(contact))
        if agenda.chance(_CLICKED_AGAIN):
            self._click_later(contact, launch, clicked, stored)
        if offer.category and agenda.chance(_CART_ABANDONED):
            later = stored + 4 * HOUR + agenda.below(HOUR)
            agenda.at(later, partial(self._abandoned, contact, later))

    def _stored(self, happened: int) -> int:
        """Return when an open or click is stored: within seconds, but a few arrive hours late."""
        if self._agenda.chance(_STORED_LATE):
            return happened + HOUR + self._agenda.below(DAY)
        return happened + self._agenda.below(18)

    def _identity(self, contact: Contact) -> dict[str, Value]:
        """Return the CUSTOMER_ID as its way through a URL has damaged it, mostly not at all."""
        if self._agenda.chance(_DAMAGED) and contact.customer_id:
            return {"CUSTOMER_ID": f"{contact.customer_id[:-2]}&amp;*"}
        return {}

    def _unsubscribe(self, contact: Contact, launch: Launch, moment: int) -> Iterator[Event]:
        if contact.change_permission("O", "US:Unsubscribe", moment):
            details: dict[str, Value] = {"SOURCE": "Unsubscribe Page/Link", "REASON": "US:Unsubscribe"}
            yield Event("OPT_OUT", moment - self._agenda.below(18), moment, contact, launch, details)

    def _complain(self, contact: Contact, launch: Launch, moment: int) -> Iterator[Event]:
        if contact.change_permission("O", "Complaint", moment):
            details: dict[str, Value] = {
                "REASON": "Marked as spam",
                "SPAM_TYPE": "abuse",
                "COMPLAINT_DT": moment - MINUTE,
            }
            yield Event("COMPLAINT", moment, moment, contact, launch, details)
