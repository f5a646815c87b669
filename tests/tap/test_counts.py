"""Record counts of ready and count files: the rule itself, and with the tap as a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.exports import OPEN_HEADER, open_row, write, write_opens

from responsys_io.errors import DataError
from responsys_io.statedcounts import stated_count
from tap_responsys.counts import counts_header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

    Tap = Callable[..., Run]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("25000\n", 25_000),
        ("\ufeff25000", 25_000),
        ("Records: 25000.", 25_000),
        ("1234_OPEN_20190103_060500.txt,25000", 25_000),
        ("1234_OPEN_20190103_060500.txt 2019-01-03 06:05:00 25000", 25_000),
        ("rows=0", 0),
        ("", None),
        ("done", None),
        ("2019-01-03", None),
        ("1" * 40, None),
    ],
)
def test_the_number_that_stands_by_itself_is_the_count(text: str, count: int | None) -> None:
    assert stated_count(text) == count


def never() -> bool | None:
    raise AssertionError("there is no doubt here")


@pytest.mark.parametrize(
    ("stated", "rows", "has_header", "known", "evidence", "outcome"),
    [
        (5, 5, True, None, never, False),
        (5, 5, True, False, never, False),
        (6, 5, True, True, never, True),
        (6, 5, True, None, lambda: True, True),
        (6, 5, True, None, lambda: None, None),
        (6, 5, True, None, lambda: False, "counted 6"),
        (6, 5, True, False, never, "counted 6"),
        (5, 5, True, True, never, "counted 4"),
        (4, 5, True, None, lambda: None, "counted 4"),
        (8, 5, True, None, lambda: True, "counted 7"),
        (5, 5, False, None, never, None),
        (5, 5, False, True, never, True),
        (6, 5, False, True, never, "counted 6"),
        (0, 0, False, True, never, True),
        (1, 0, False, None, never, None),
        (1, 0, False, True, never, True),
        (1, 0, False, False, never, "counted 1"),
    ],
)
def test_what_a_count_says_of_the_header_and_of_missing_rows(
    stated: int,
    rows: int,
    has_header: bool,
    known: bool | None,
    evidence: Callable[[], bool | None],
    outcome: bool | str | None,
) -> None:
    def compared() -> bool | None:
        return counts_header(
            "X.txt", stated=stated, rows=rows, has_header=has_header, known=known, evidence=evidence
        )

    if isinstance(outcome, str):
        with pytest.raises(DataError, match=f"RSYS-3302: X.txt has {rows} rows and its job {outcome}"):
            compared()
    else:
        assert compared() is outcome


READY: dict[str, Any] = {"ready_extension": "ready"}


def with_count(path: Path, count: object, extension: str = ".ready") -> None:
    path.with_suffix(extension).write_text(f"{count}\n", encoding="ascii")


@pytest.mark.parametrize("header", [0, 1])
def test_another_export_of_the_job_shows_whether_the_header_counts(
    header: int, tap: Tap, download: Path
) -> None:
    """A row is missing in the very first file that is read; a smaller file of another feed gives it away."""
    with_count(write_opens(download, 3, [1, 2]), 3 + header)
    path = write(download / "1234_SENT_20190103_060500.txt", [("RIID",), ("5",)])
    with_count(path, 1 + header)
    run = tap(settings=READY)
    assert run.exit_code == 1
    assert "RSYS-3302: 1234_OPEN_20190103_060500.txt has 2 rows and its job counted 3." in run.errors[0]
    assert len(run.records["sent"]) == 1
    assert run.state["bookmarks"]["open"]["files"] == {}
    with_count(write_opens(download, 3, [1, 2, 3]), 3 + header)
    healed = tap(settings=READY, state=run.state)
    assert (healed.exit_code, len(healed.records["open"])) == (0, 3)


def test_where_only_the_header_explains_the_difference_it_is_told(tap: Tap, download: Path) -> None:
    with_count(write_opens(download, 3, [1, 2]), 3)
    run = tap(settings=READY)
    assert run.exit_code == 0
    assert "1234_OPEN_20190103_060500.txt counts 3 for 2 rows: taken for the header's line" in run.stderr
    with_count(write_opens(download, 4, [1, 2]), 3)
    second = tap(settings=READY, state=run.state)
    assert (second.exit_code, second.state["bookmarks"]["open"]["counts_header"]) == (0, True)
    assert "taken for" not in second.stderr
    # From now on it is known: the same difference is a missing row.
    with_count(write_opens(download, 5, [1, 2]), 4)
    assert "and its job counted 3." in tap(settings=READY, state=second.state).errors[0]


def test_the_lists_job_may_count_otherwise_than_the_feeds_job(tap: Tap, download: Path) -> None:
    with_count(write_opens(download, 3, [1, 2]), 2)
    path = write(download / "CONTACT_LIST_20190103.csv", [("RIID_",), ("7",)])
    with_count(path, 2)
    run = tap(settings=READY)
    assert run.exit_code == 0
    assert "CONTACT_LIST_20190103.csv counts 2 for 1 rows" in run.stderr


def test_rejected_rows_are_part_of_the_count(tap: Tap, download: Path) -> None:
    path = write(download / "1234_OPEN_20190103_060500.txt", [OPEN_HEADER, open_row(1), ["x"], open_row(2)])
    with_count(path, 3)
    run = tap(settings=READY)
    assert (run.exit_code, len(run.records["open"]), len(run.records["rejected_rows"])) == (0, 2, 1)


@pytest.mark.parametrize("text", ["", "no number"])
def test_a_count_file_without_a_count_is_an_error_and_a_ready_file_without_one_is_not(
    text: str, tap: Tap, download: Path
) -> None:
    with_count(write_opens(download, 3, [1]), text)
    assert tap(settings=READY).exit_code == 0
    with_count(download / "1234_OPEN_20190103_060500.txt", text, ".count")
    run = tap(settings={**READY, "count_extension": "count"})
    assert run.exit_code == 1
    assert "RSYS-3303: The count file of 1234_OPEN_20190103_060500.txt states no number." in run.errors[0]


@pytest.mark.parametrize("count", [0, 1])
def test_an_empty_file_may_count_its_header_or_not(count: int, tap: Tap, download: Path) -> None:
    path = download / "1234_OPEN_20190103_060500.txt"
    path.touch()
    with_count(path, count)
    assert tap(settings=READY).exit_code == 0
