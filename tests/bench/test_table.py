from __future__ import annotations

from typing import TYPE_CHECKING

from bench.results import Measured, Result, Run, to_json
from bench.section import PARSER, TAP, TRANSPORT, limits, section
from bench.summary import summarize
from bench.table import markdown_table, text_table

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = {
    "cores": "2",
    "processor": "EPYC",
    "memory": "24 GiB",
    "system": "Linux 6",
    "python": "3.11",
    "commit": "abc",
}


def case(group: str, name: str, rows: int, wall: float, *, own: bool = False, note: str = "") -> Measured:
    return Measured(group, name, rows, (Run(wall, wall, 80.0, first_byte=0.5),), own=own, note=note)


CASES = (
    case("Tap", TAP, 1000, 2.0, own=True),
    case("Tap", PARSER, 1000, 1.0),
    case("Tap", TRANSPORT, 1000, 0.5),
    case("Tap", "peer", 100, 2.0, note="local disk"),
    case("Start-up", "tap", 0, 1.5, own=True),
    case("meltano run", "prepared", 1000, 4.0),
)


def full(*cases: Measured) -> Result:
    inputs = {"export": "1,000 rows", "export for peers": "100 rows", "rounds": "1"}
    return Result("full", "2026-01-31", MACHINE, {}, inputs, cases)


def test_a_text_table_has_a_part_per_group_and_equal_columns() -> None:
    text = text_table(summarize(CASES))
    tap, start, _ = text.split("\n\n")
    title, header, rule, ours, *_, peer = tap.splitlines()
    assert title == "Tap"
    assert header.index("seconds") + len("seconds") == ours.index("2.00") + len("2.00")
    assert set(rule) == {" ", "-"}
    assert peer.endswith("local disk")
    assert "0.10" in peer
    assert start.startswith("Start-up")


def test_a_markdown_table_keeps_its_columns_whatever_stands_in_it() -> None:
    assert markdown_table(("", "k"), [("a|b", "1")]).splitlines() == [
        "|  | k |",
        "|---|---:|",
        "| a\\|b | 1 |",
    ]


def test_the_nearest_ceiling_is_the_limit_once_the_tap_reaches_it() -> None:
    (below,) = limits(summarize(case for case in CASES if case.group != "meltano run"))
    assert "50% of a bare parser" in below
    assert "25% of reading over SFTP" in below
    assert below.endswith("The limit now is the tap's own work.")
    (above,) = limits(summarize(CASES))
    assert above.endswith("The limit now is what Meltano forwards, not the tap.")


def test_nothing_is_said_of_limits_that_were_not_measured() -> None:
    assert limits(summarize(CASES[:1])) == []


def test_the_section_names_machine_date_and_every_case_with_a_rate(tmp_path: Path) -> None:
    (tmp_path / "full.json").write_text(to_json(full(*CASES)), encoding="utf-8")
    text = section(tmp_path)
    assert "2026-01-31" in text
    assert "EPYC" in text
    assert f"| **{TAP}** | 1,000 | 0.5 | 1.00 | 2000.0 | 80 |" in text
    assert "| peer (local disk) | 100 | 0.1 | 0.10 |" in text
    assert "first byte of output: 0.5 s" in text


def test_shares_of_calls_are_told(tmp_path: Path) -> None:
    def api(group: str, *, own: bool, **more: float) -> Measured:
        return Measured(group, "x", 200, (Run(1.0, 1.0, 1.0, more=more),), own=own)

    cases = (
        api("Target, API, 50 ms", own=False, **{"calls/s": 100.0}),
        api("Target, API, 50 ms", own=True, **{"calls/s": 80.0}),
        api("Target, API, limited", own=True, **{"calls/s": 80.0, "share of limit": 0.97}),
    )
    (tmp_path / "full.json").write_text(to_json(full(*cases)), encoding="utf-8")
    text = section(tmp_path)
    assert "80% of the calls a second that requests alone makes (API, 50 ms)" in text
    assert "97% of what the limit allows (API, limited)" in text


def test_scale_runs_from_the_smallest_to_the_largest(tmp_path: Path) -> None:
    cases = tuple(
        Measured("rows", str(at), at, (Run(at / 1000 + 0.5, 1.0, 80.0, first_byte=0.5),), at=at)
        for at in (1000, 10_000)
    )
    result = Result("scale", "2026-01-31", MACHINE, {}, {}, cases)
    (tmp_path / "scale.json").write_text(to_json(result), encoding="utf-8")
    assert "| rows | 1,000 to 10,000 | 1.0 / 1.0 | 80 / 80 |" in section(tmp_path)


def test_without_results_the_section_says_how_to_get_one(tmp_path: Path) -> None:
    assert section(tmp_path) == "No result yet: `make bench` makes one."
