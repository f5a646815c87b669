from __future__ import annotations

import pytest
from support.doctorsetup import TODAY, Setup, ago

from tap_responsys.window import window_warning


def warning(days: int, *, waiting: int = 0) -> str | None:
    """What is said of a feed that was last read so many days ago, with the newest files still to be read."""
    setup = Setup.healthy()
    setup.files = {}
    for day in range(waiting):
        setup.add("sent", day)
    setup.forget(lambda _, day: day <= ago(days))
    facts = setup.facts()
    exports = facts.listing.exports.get("sent", [])
    ledger = facts.ledger("sent")
    assert ledger
    return window_warning("sent", ledger, exports, TODAY)


def test_nothing_is_said_before_the_eleventh_day() -> None:
    assert warning(0) is None
    assert warning(10) is None


@pytest.mark.parametrize(("days", "left"), [(11, 3), (12, 2), (13, 1)])
def test_the_days_left_are_counted_down(days: int, left: int) -> None:
    line = warning(days)
    assert line is not None
    assert line.startswith(f"Stream sent: the last export that was read is of {ago(days)}, {days} days ago")
    assert line.endswith(f"{left} days left")


def test_from_the_fourteenth_day_on_the_dates_are_named() -> None:
    assert (warning(14) or "").endswith("possible permanent loss for dates 2026-03-01..2026-03-01")
    assert (warning(20) or "").endswith("possible permanent loss for dates 2026-02-23..2026-03-01")


def test_files_that_wait_reach_back_fourteen_days() -> None:
    assert (warning(20, waiting=10) or "").endswith("that have not been read (10)")
    assert (warning(20, waiting=3) or "").endswith("possible permanent loss for dates 2026-02-23..2026-02-27")


def test_a_feed_that_was_never_read_has_no_window() -> None:
    setup = Setup.healthy()
    ledger = setup.facts().ledger("sent")
    assert ledger
    ledger.history.first, ledger.history.days = None, 0
    assert window_warning("sent", ledger, [], TODAY) is None
