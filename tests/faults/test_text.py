"""Files whose text is not as it ought to be, with the tap as a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.exports import OPEN_HEADER, delimited, open_row, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

NAME = "1234_OPEN_20190103_060500.txt"


def riids(run: Run) -> list[int]:
    return [record["RIID"] for record in run.records.get("open", [])]


@pytest.mark.parametrize("cut", [1, 2, 3, 20, 60])
def test_a_last_line_that_is_cut_off_is_no_row(cut: int, tap: Callable[..., Run], download: Path) -> None:
    """Connect encloses every field, so that a value which is cut off shows."""
    data = delimited([OPEN_HEADER, *map(open_row, range(3))])
    (download / NAME).write_bytes(data[:-cut])
    run = tap()
    assert run.exit_code == 0
    assert riids(run) == ([0, 1, 2] if cut == 1 else [0, 1])
    assert len(run.records.get("rejected_rows", [])) == (cut > 1)


def test_without_enclosure_a_count_shows_a_last_line_that_is_cut_off(
    tap: Callable[..., Run], download: Path
) -> None:
    rows = [OPEN_HEADER, *map(open_row, range(3))]
    (download / NAME).write_bytes("".join(",".join(row) + "\n" for row in rows).encode()[:-200])
    (download / NAME).with_suffix(".ready").write_text("3", encoding="ascii")
    run = tap(settings={"quote_char": "", "ready_extension": "ready", "count_includes_header": False})
    assert run.exit_code == 1
    assert f"RSYS-3302: {NAME} has " in run.errors[0]
    assert run.state["bookmarks"]["open"]["files"] == {}


def test_without_enclosure_and_count_other_files_show_a_last_line_that_is_cut_off(
    tap: Callable[..., Run], download: Path
) -> None:
    """What no enclosure closes ends with a line end in this stream: so it has to in all of its files."""
    text = "".join(",".join(row) + "\n" for row in [OPEN_HEADER, *map(open_row, range(3))])
    settings = {"quote_char": ""}
    later = NAME.replace("2019", "2020")
    assert later != NAME
    (download / NAME).write_text(text[:-3], encoding="utf-8")
    first = tap(settings=settings)
    assert first.exit_code == 0, "nothing is known of the stream's line ends yet"
    (download / NAME).write_text(text, encoding="utf-8")
    whole = tap(settings=settings)
    assert whole.exit_code == 0
    (download / later).write_text(text[:-3], encoding="utf-8")
    cut = tap(settings=settings, state=whole.state)
    assert cut.exit_code == 1
    assert f"RSYS-3305: The last line of {later} has no line end" in cut.errors[0]
    assert later not in cut.state["bookmarks"]["open"]["files"]
    (download / later).with_suffix(".ready").write_text("3", encoding="ascii")
    counted = tap(
        settings={**settings, "ready_extension": "ready", "count_includes_header": False}, state=whole.state
    )
    assert counted.exit_code == 0, counted.errors
    (download / later).with_suffix(".ready").unlink()
    (download / later).write_text(text, encoding="utf-8")
    assert tap(settings=settings, state=cut.state).exit_code == 0


def test_a_thousand_columns_and_a_name_without_end_are_columns(
    tap: Callable[..., Run], download: Path
) -> None:
    more = [f"C{number}" for number in range(1_590)] + ["L" * 500]
    write(download / NAME, [(*OPEN_HEADER, *more), open_row(1, *map(str, range(len(more))))])
    run = tap()
    assert run.exit_code == 0, run.errors
    (record,) = run.records["open"]
    assert (record["C1589"], record["L" * 500]) == ("1589", "1590")


@pytest.mark.parametrize(
    "header",
    [(*OPEN_HEADER, "RIID"), (*OPEN_HEADER, "riid"), (*OPEN_HEADER, "", ""), (*OPEN_HEADER, "x", "X")],
    ids=["twice", "twice in another case", "empty", "of one's own"],
)
def test_a_name_twice_stops_the_stream(
    header: tuple[str, ...], tap: Callable[..., Run], download: Path
) -> None:
    write(download / NAME, [header, ["1"] * len(header)])
    run = tap()
    assert (run.exit_code, run.records) == (1, {})
    assert "RSYS-3101" in run.errors[0]


def test_a_header_in_the_middle_is_a_row_that_does_not_fit(tap: Callable[..., Run], download: Path) -> None:
    write(download / NAME, [OPEN_HEADER, open_row(1), OPEN_HEADER, open_row(2)])
    run = tap()
    assert (run.exit_code, riids(run)) == (0, [1, 2])
    (rejected,) = run.records["rejected_rows"]
    assert (rejected["_sdc_source_lineno"], rejected["reason"]) == (3, "EVENT_TYPE_ID is not a whole number")
