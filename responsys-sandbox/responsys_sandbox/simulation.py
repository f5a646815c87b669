"""The account's life, day by day: who joins and leaves, and what is launched.

A discrete-event simulation: messages, opens and clicks follow from launches, across the days.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from responsys_sandbox.accountclock import DAY, HOUR, MINUTE
from responsys_sandbox.agenda import Agenda
from responsys_sandbox.campaigns import ABANDONED_CART, STANDARD, WELCOME, Launch
from responsys_sandbox.contacts import new_contact, old_contact
from responsys_sandbox.events import Event
from responsys_sandbox.messages import Messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.accountclock import AccountClock
    from responsys_sandbox.campaigns import Campaign
    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.events import Value

FIRST_RIID = 4_300_000_001
"""Recipient ids do not fit into 32 bits."""

# Daily shares of the people in the list at first.
_JOINING, _JOINING_AT_WEEKENDS, _UPDATED, _SWITCHED = 0.007, 0.004, 0.01, 0.001
_SLOWEST_PACE = 20


class Simulation:
    """One account from the day before its first export run on.

    Args:
        seed: Same seed, same account.
        contacts: How many people are in the list before the first day.
        clock: The account's days.
        leaving: Which part of the people in the list at first is deleted from it in a day.
    """

    def __init__(self, seed: int, contacts: int, clock: AccountClock, leaving: float = 0.0) -> None:
        self.days = 0
        self._initial, self._clock = contacts, clock
        self._agenda = Agenda(str(seed))
        self._messages = Messages(self._agenda, clock, self._remind)
        opening, random = clock.run_at(-1), self._agenda.random
        self.contacts = [old_contact(FIRST_RIID + number, opening, random) for number in range(contacts)]
        self._leaving = leaving
        self._riids = count(FIRST_RIID + contacts)
        self._launch_ids = count(70_001)
        self._welcome = Launch(next(self._launch_ids), WELCOME, "X", opening - 90 * DAY)
        self._cart: Launch | None = None

    def next_day(self) -> Iterator[Event]:
        """Live until the next export run and yield what Responsys stores meanwhile, roughly in time's order.

        The day counts as lived when the iterator is exhausted.
        """
        self._agenda.begin_day(self.days)
        self._plan_day(self._clock.midnight(self.days - 1))
        yield from self._agenda.until(self._clock.run_at(self.days))
        self.days += 1

    def changed_since(self, moment: int) -> Iterator[Contact]:
        """Yield the contacts inserted or updated after a moment, in epoch seconds."""
        return (contact for contact in self.contacts if contact.modified > moment)

    def _plan_day(self, midnight: int) -> None:
        """Put on the agenda what does not follow from anything else."""
        agenda, clock = self._agenda, self._clock
        self._cart = None
        for campaign in STANDARD:
            if clock.weekday(midnight) in campaign.weekdays:
                start = midnight + campaign.minute * MINUTE + agenda.below(90)
                agenda.at(start, partial(self._launch, campaign, start))
        for hour in (7, 11, 16, 22):
            moment = midnight + hour * HOUR + agenda.below(HOUR)
            agenda.at(moment, partial(self._go_on_welcoming, moment))
        joining = _JOINING_AT_WEEKENDS if clock.is_weekend(midnight) else _JOINING
        for share, change in ((joining, self._join), (_UPDATED, self._update), (_SWITCHED, self._switch)):
            for _ in range(agenda.about(self._initial * share)):
                moment = midnight + int(agenda.random.triangular(7, 23, 19) * HOUR)
                agenda.at(moment, partial(change, moment))

        if self._leaving:
            for _ in range(agenda.about(self._initial * self._leaving)):
                moment = midnight + int(agenda.random.triangular(7, 23, 19) * HOUR)
                agenda.at(moment, self._leave)

    # People.

    def _join(self, moment: int) -> Iterator[Event]:
        contact = new_contact(next(self._riids), moment, self._agenda.random)
        self.contacts.append(contact)
        welcome_at = moment + 2 * MINUTE
        self._agenda.at(welcome_at, partial(self._messages.send, contact, self._welcome, welcome_at))
        yield _permission("OPT_IN", moment, contact, "Unknown")

    def _leave(self) -> Iterator[Event]:
        """Let a contact be deleted from the list, which is no event; what was sent may still be opened."""
        if len(self.contacts) > 1:
            contact = self.contacts.pop(self._agenda.below(len(self.contacts)))
            contact.deliverable = False
        return iter(())

    def _update(self, moment: int) -> Iterator[Event]:
        """Let a contact's loyalty tier change, which is no event."""
        contact = self._agenda.one_of(self.contacts)
        contact.tier, contact.modified = self._agenda.below(3), moment
        return iter(())

    def _switch(self, moment: int) -> Iterator[Event]:
        """Let the service desk change a contact's permission."""
        contact = self._agenda.one_of(self.contacts)
        joins = contact.permission == "O"
        contact.change_permission("I" if joins else "O", "DV:MERGE", moment)
        yield _permission("OPT_IN" if joins else "OPT_OUT", moment, contact, "UI - Data Viewer")

    # Launches.

    def _launch(self, campaign: Campaign, start: int) -> Iterator[Event]:
        agenda = self._agenda
        chosen = [person for person in self.contacts if person.mailable and agenda.chance(campaign.share)]
        pace = max(_SLOWEST_PACE, len(chosen) // HOUR + 1)
        done = start + MINUTE + len(chosen) // pace
        launch = Launch(next(self._launch_ids), campaign, "S", start)
        yield _state(launch, "B", start, LAUNCH_STARTED_DT=start)
        for status in ("L", "S"):
            yield _state(launch, status, start + 30)
        agenda.at(done, partial(_states, launch, "C", done, LAUNCH_COMPLETED_DT=done))
        for number, contact in enumerate(chosen):
            yield from self._messages.send(contact, launch, start + 30 + number // pace)

    def _go_on_welcoming(self, moment: int) -> Iterator[Event]:
        launch = self._welcome
        return _states(launch, "C", moment, LAUNCH_STARTED_DT=launch.started, LAUNCH_COMPLETED_DT=moment)

    def _remind(self, contact: Contact, moment: int) -> Iterator[Event]:
        """Send the cart reminder; the first one of a day launches that day's."""
        if contact.mailable:
            if self._cart is None:
                self._cart = Launch(next(self._launch_ids), ABANDONED_CART, "R", moment)
                yield _state(self._cart, "S", moment)
            yield from self._messages.send(contact, self._cart, moment)


def _permission(feed: str, moment: int, contact: Contact, source: str) -> Event:
    """Return an opt-in or opt-out that no message has brought about.

    OPT_OUT leaves the campaign empty then; OPT_IN was never seen empty, so it gets the -1 of unknown ids.
    """
    details: dict[str, Value] = {"SOURCE": source, "REASON": "DV:MERGE"}
    if feed == "OPT_IN":
        details |= {"CAMPAIGN_ID": -1, "LAUNCH_ID": -1}
    return Event(feed, moment, moment, contact, None, details)


def _state(launch: Launch, status: str, moment: int, **dates: int) -> Event:
    return Event("LAUNCH_STATE", moment, moment, None, launch, {"LAUNCH_STATUS": status, **dates})


def _states(launch: Launch, status: str, moment: int, **dates: int) -> Iterator[Event]:
    yield _state(launch, status, moment, **dates)
