from __future__ import annotations

import logging

import pytest

from responsys_io.durations import duration
from tap_responsys.progress import Progress


def test_progress_is_told_from_time_to_time_with_what_is_left(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    progress = Progress("sent", [30_000_000, 50_000_000], logging.getLogger("progress"), clock=lambda: now)
    with caplog.at_level(logging.INFO, "progress"):
        progress.look(500, 1_000_000)
        now += 29
        progress.look(1_000, 2_000_000)
        assert not caplog.messages
        now += 1
        progress.look(123_456, 15_000_000)
        progress.look(123_956, 15_100_000)
        progress.file_done(30_000_000)
        now += 30
        progress.look(9, 10_000_000)
    assert caplog.messages == [
        "sent: file 1 of 2, 123,456 rows of it so far, 15 of 80 MB in all, 0.5 MB/s, about 2 min left",
        "sent: file 2 of 2, 9 rows of it so far, 40 of 80 MB in all, 0.7 MB/s, about 60 s left",
    ]


def test_lists_read_again_do_not_upset_it(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    progress = Progress("contacts", [10], logging.getLogger("progress"), clock=lambda: now)
    progress.file_done(10)
    progress.file_done(10)
    now += 30
    with caplog.at_level(logging.INFO, "progress"):
        progress.look(1, 10)
    assert caplog.messages[0].startswith("contacts: file 1 of 1, ")
    assert caplog.messages[0].endswith("about 0 s left")


@pytest.mark.parametrize(("speed", "warnings"), [(100_000, 0), (64_000, 1), (0, 0)])
def test_a_read_that_crawls_is_warned_of_once(
    speed: int, warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    progress = Progress("sent", [30_000_000], logging.getLogger("progress"), clock=lambda: now)
    with caplog.at_level(logging.INFO, "progress"):
        for _ in range(3):
            now += 30
            progress.look(500, int(speed * now))
    assert [record.levelname for record in caplog.records].count("WARNING") == warnings
    if warnings:
        assert caplog.messages[1] == (
            "sent: reads 64.0 KB/s only; look at the line to the file server, and at what takes the rows"
        )


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89.4, "89 s"), (90, "2 min"), (3_500, "58 min"), (7_500, "2 h 5 min")]
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
