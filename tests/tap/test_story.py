"""What a run tells at INFO, and what the command line says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.exports import write_opens

from tap_responsys.settings import SETTINGS
from tap_responsys.story import unread_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

    Tap = Callable[..., Run]


def test_a_run_says_what_it_reads_and_what_it_has_read(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1, 2])
    write_opens(download, 4, [3])
    first = tap()
    assert "streams: bounce, click," in first.stderr
    assert "2 of 2 exports to read" in first.stderr
    assert "2 files, 3 rows, 0 of them rejected (open 3)" in first.stderr
    second = tap(state=first.state)
    assert "0 of 2 exports to read" in second.stderr
    assert "no new export" in second.stderr


def test_nothing_is_said_of_each_stream_that_nobody_reads_or_of_each_row(tap: Tap, download: Path) -> None:
    write_opens(download, 3, [1])
    few = tap().stderr
    write_opens(download, 3, list(range(500)))
    many = tap().stderr
    assert "deselected" not in few
    assert len(many.splitlines()) == len(few.splitlines())


def test_exports_that_are_not_complete_are_counted_apart() -> None:
    assert unread_words(5, 3, 3) == "3 of 5 exports to read"
    assert unread_words(5, 3, 1) == "1 of 5 exports to read; 2 not complete yet"


def test_about_explains_every_setting_and_help_shows_how_to_begin(tap: Tap) -> None:
    about = tap("--about").stdout
    assert all(f"\n  {name} (" in about for name in SETTINGS)
    assert "port (integer; default 22)\n      TCP port" in about
    assert "password (string; secret)" in about
    shown = tap("--help").stdout
    assert "tap-responsys --config tap.json --doctor" in shown
