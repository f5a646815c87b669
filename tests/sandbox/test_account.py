"""The account's life: plausible, the same for the same seed, however its days are made."""

from __future__ import annotations

import errno
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from responsys_sandbox.account import Account, AccountError, AccountPlan
from responsys_sandbox.accountclock import AccountClock
from responsys_sandbox.exportfile import ExportFile
from responsys_sandbox.exportoptions import ExportOptions
from responsys_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.events import Event

CLOCK = AccountClock(date(2026, 3, 4), -6)
DAYS = 28


@pytest.fixture(scope="module")
def life() -> tuple[Simulation, list[list[Event]]]:
    simulation = Simulation(7, 2000, CLOCK)
    return simulation, [list(simulation.next_day()) for _ in range(DAYS)]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "files" / "download").iterdir()}


def test_days_added_one_by_one_by_other_processes_equal_days_made_at_once(tmp_path: Path) -> None:
    plan = AccountPlan(contacts=60, seed=3)
    Account(tmp_path / "at once", plan).add_days(5)
    first = Account(tmp_path / "bit by bit", plan)
    first.add_days(2)
    Account(tmp_path / "bit by bit").add_days(2)
    first.add_days()
    assert contents(tmp_path / "bit by bit") == contents(tmp_path / "at once")
    assert first.days == 5


def test_another_seed_is_another_account(tmp_path: Path) -> None:
    for seed in (1, 2):
        Account(tmp_path / str(seed), AccountPlan(contacts=60, seed=seed)).add_days()
    assert contents(tmp_path / "1") != contents(tmp_path / "2")


@pytest.mark.parametrize("step", ["write", "publish"])
def test_a_day_that_breaks_off_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    plan = AccountPlan(contacts=600)
    Account(tmp_path / "whole", plan).add_days(2)
    account = Account(tmp_path / "broken", plan)
    account.add_days()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "disk full")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
        patch.setattr(ExportFile, step, fail)
        account.add_days()
    assert account.days == 1
    account.add_days()
    assert contents(tmp_path / "broken") == contents(tmp_path / "whole")
    assert not list((tmp_path / "broken" / "spool").iterdir())


def test_a_folder_keeps_its_account(tmp_path: Path) -> None:
    Account(tmp_path, AccountPlan(contacts=60))
    with pytest.raises(AccountError, match="choose another folder"):
        Account(tmp_path, AccountPlan(contacts=61))
    exports = ExportOptions(delimiter=";")
    Account(tmp_path, AccountPlan(contacts=60, exports=exports))
    assert Account(tmp_path).plan.exports == exports


def test_a_folder_without_an_account_needs_a_plan(tmp_path: Path) -> None:
    with pytest.raises(AccountError, match="holds no sandbox"):
        Account(tmp_path)


def test_the_funnel_narrows_at_believable_rates(life: tuple[Simulation, list[list[Event]]]) -> None:
    counts = Counter(event.feed for day in life[1] for event in day)
    assert 0.15 < counts["OPEN"] / counts["SENT"] < 0.45
    assert 0.02 < counts["CLICK"] / counts["SENT"] < 0.10
    assert counts["CLICK"] < counts["OPEN"] < counts["SENT"]
    assert 0.002 < counts["BOUNCE"] / counts["SENT"] < 0.03
    assert 0.0005 < counts["OPT_OUT"] / counts["SENT"] < 0.01
    assert 0 < counts["FAIL"] < counts["SKIPPED"] < counts["SENT"] / 100


def test_nobody_gets_mail_who_has_opted_out_or_bounced(life: tuple[Simulation, list[list[Event]]]) -> None:
    people = Simulation(7, 2000, CLOCK).contacts
    left = {person.riid for person in people if person.permission == "O"}
    dead = {person.riid for person in people if not person.deliverable}
    assert len(left) > 150
    assert len(dead) > 20
    for event in (event for day in life[1] for event in day):
        riid = event.contact.riid if event.contact else -1
        if event.feed == "SENT":
            assert riid not in left | dead
        elif event.feed in ("OPT_OUT", "COMPLAINT"):
            left.add(riid)
        elif event.feed == "OPT_IN":
            left.discard(riid)
        elif event.details.get("BOUNCE_TYPE") == "H":
            dead.add(riid)


def test_opens_follow_sends_and_clicks_follow_opens(life: tuple[Simulation, list[list[Event]]]) -> None:
    first: dict[tuple[str, int, int], int] = {}
    for event in (event for day in life[1] for event in day):
        assert event.stored >= event.captured
        if event.contact and event.launch:
            key = event.feed, event.contact.riid, event.launch.id
            first[key] = min(first.get(key, event.captured), event.captured)
    for feed, before in (("OPEN", "SENT"), ("CLICK", "OPEN"), ("BOUNCE", "SENT")):
        answers = [key for key in first if key[0] == feed]
        assert answers
        for _, riid, launch in answers:
            assert first[before, riid, launch] < first[feed, riid, launch]


def test_a_day_holds_what_was_stored_since_the_last_run(life: tuple[Simulation, list[list[Event]]]) -> None:
    for number, day in enumerate(life[1]):
        opening, end = CLOCK.run_at(number - 1), CLOCK.run_at(number)
        assert all(opening < event.stored <= end for event in day)


def test_some_opens_arrive_in_a_later_days_file(life: tuple[Simulation, list[list[Event]]]) -> None:
    opens = [(number, e) for number, day in enumerate(life[1]) for e in day if e.feed == "OPEN"]
    crossed = [e for number, e in opens if e.launch and e.launch.started < CLOCK.run_at(number - 1)]
    late = [e for number, e in opens if e.captured < CLOCK.run_at(number - 1)]
    assert len(opens) / 20 < len(crossed) < len(opens)
    assert 0 < len(late) < len(crossed) / 5


def test_launches_follow_the_week(life: tuple[Simulation, list[list[Event]]]) -> None:
    sent: Counter[int] = Counter()
    for event in (event for day in life[1] for event in day):
        if event.feed == "SENT":
            sent[CLOCK.weekday(event.captured)] += 1
    sunday, tuesday = 6, 1
    assert sent[sunday] < sent[tuesday] / 10


def test_standard_launches_begin_and_complete_and_triggered_ones_do_not(
    life: tuple[Simulation, list[list[Event]]],
) -> None:
    states: dict[tuple[str, int], str] = {}
    for event in (event for day in life[1] for event in day):
        if event.feed == "LAUNCH_STATE" and event.launch:
            key = event.launch.type, event.launch.id
            states[key] = states.get(key, "") + str(event.details["LAUNCH_STATUS"])
    kinds = {kind: {codes for (k, _), codes in states.items() if k == kind} for kind in "SRX"}
    assert kinds["S"] == {"BLSC"}
    assert kinds["R"] == {"S"}
    assert {frozenset(codes) for codes in kinds["X"]} == {frozenset("C")}


def test_every_change_of_a_contact_shows_in_its_date() -> None:
    def state(person: Contact) -> tuple[object, ...]:
        return person.permission, person.reason, person.deliverable, person.tier

    simulation = Simulation(7, 2000, CLOCK)
    before = {person.riid: state(person) for person in simulation.contacts}
    list(simulation.next_day())
    run = CLOCK.run_at(0)
    changed = {person.riid for person in simulation.contacts if state(person) != before.get(person.riid)}
    listed = {person.riid for person in simulation.changed_since(CLOCK.run_at(-1))}
    assert changed
    assert changed <= listed
    assert len(listed) < len(before) / 10
    assert all(person.modified <= run for person in simulation.contacts)
