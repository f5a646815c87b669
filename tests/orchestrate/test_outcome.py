"""What a run's end means: tried again or not."""

from __future__ import annotations

import json

import pytest
from orchestrate.outcome import Outcome, Verdict, outcome, read_line

DONE, AGAIN = Outcome(Verdict.DONE, 0), Outcome(Verdict.AGAIN, 1)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ((1,), AGAIN),
        ((143,), AGAIN),
        ((130,), AGAIN),
        ((-9,), AGAIN),
        ((), AGAIN),
        ((1, 1), AGAIN),
        ((2,), Outcome(Verdict.STOP, 2)),
        ((3,), Outcome(Verdict.STOP, 3)),
        # A target that stops takes the tap's output away, which makes the tap fail, too.
        ((1, 2), Outcome(Verdict.STOP, 2)),
        ((143, 3), Outcome(Verdict.STOP, 3)),
    ],
)
def test_only_what_may_pass_is_tried_again(codes: tuple[int, ...], expected: Outcome) -> None:
    assert outcome(1, codes) == expected


def test_a_run_that_ended_well_is_done() -> None:
    assert outcome(0, ()) == DONE


def test_plugins_exit_codes_are_read_from_the_log() -> None:
    entry = {"event": "Block run completed", "level": "error", "exit_codes": {"extractors": 1, "loaders": 2}}
    assert read_line(json.dumps(entry)).exit_codes == (1, 2)
    # Discovery fails before there are blocks: the code stands in a sentence.
    failed = "Catalog discovery failed: command ['tap', '--discover'] returned 2 with stderr:\n x"
    entry = {"event": "Block run completed", "err": failed, "exit_codes": {}}
    assert read_line(json.dumps(entry)).exit_codes == (2,)
    assert read_line(json.dumps({"event": "Block run completed", "success": True})).exit_codes == ()


def test_a_line_is_what_a_person_reads_of_it() -> None:
    entry = {
        "event": "RSYS-3302: short",
        "level": "error",
        "string_id": "tap-responsys",
        "timestamp": "t",
        "pid": 1,
    }
    assert read_line(json.dumps(entry)).text == "error tap-responsys: RSYS-3302: short"
    entry = {"event": "Cannot start plugin: x returned 2 with stderr:\n {...}", "level": "error"}
    assert read_line(json.dumps(entry)).text == "error Cannot start plugin: x returned 2"


def test_an_exception_is_named_without_its_values() -> None:
    exception = {
        "type": "UniqueViolation",
        "message": "Key (EMAIL_ADDRESS_)=(a@example.com)",
        "traceback": [],
    }
    entry = {"event": "failed", "level": "error", "name": "target-postgres", "plugin_exception": exception}
    assert read_line(json.dumps(entry)).text == "error target-postgres: failed (UniqueViolation)"


@pytest.mark.parametrize("line", ["plain text\n", "[1, 2]\n", '{"no": "event"}\n', "7\n", "\n"])
def test_other_lines_go_through(line: str) -> None:
    assert read_line(line).text == line.rstrip()
    assert read_line(line).exit_codes == ()
