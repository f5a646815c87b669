from __future__ import annotations

import json

import pytest
from bench.environments import pins
from bench.machine import processor
from bench.proctree import status_memory
from bench.profiling import by_place, top
from bench.results import Measured, Result, Run, from_json, to_json
from bench.rounds import order
from bench.targetcases import share_of_limit

RUN = Run(1.5, 1.25, 80.0, first_byte=0.5, lines=3, megabytes=0.25, states=1, more={"calls/s": 2.0})
RESULT = Result(
    kind="full",
    date="2026-01-31",
    machine={"cores": "2"},
    versions={"polars": "1"},
    inputs={"rounds": "1"},
    measured=(Measured("tap", "ours", 10, (RUN, RUN), own=True, note="n", at=4.0),),
    failed={"tap: peer": "why"},
)


def test_a_result_comes_back_from_its_json() -> None:
    assert from_json(to_json(RESULT)) == RESULT


def test_json_has_no_more_digits_than_the_clock() -> None:
    text = to_json(Result("full", "", {}, {}, {}, (Measured("g", "n", 1, (Run(1 / 3, 0, 0),)),)))
    assert json.loads(text)["measured"][0]["runs"][0]["wall"] == 0.3333


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_round_runs_every_case_once_and_begins_with_another(count: int) -> None:
    rounds = [order(count, number) for number in range(4)]
    assert all(sorted(indices) == list(range(count)) for indices in rounds)
    assert rounds[0] == list(range(count))
    assert count == 1 or rounds[0] != rounds[1] != rounds[2]


def test_pins_are_read_with_and_without_extras() -> None:
    assert pins("# a note\ndlt[duckdb]==1.31.0\nruamel.yaml==0.18\nfree>=2\n") == {
        "dlt": "1.31.0",
        "ruamel.yaml": "0.18",
    }


def test_memory_is_read_from_a_process_status() -> None:
    assert status_memory("Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t    1024 kB\n") == (1024**2, 2 * 1024**2)
    assert status_memory("Name:\tkthreadd\n") == (0, 0)


def test_a_processor_has_a_name() -> None:
    assert processor("processor\t: 0\nmodel name\t: AMD EPYC\n") == "AMD EPYC"
    assert processor("") == "unknown"


def test_samples_count_where_the_innermost_frame_is() -> None:
    raw = "main (tap.py:3);read (/x/site-packages/csv/reader.py:7) 30\nmain (tap.py:3) 10\nbroken line\n"
    files, functions = by_place(raw)
    assert files == {"csv/reader.py": 30, "tap.py": 10}
    assert functions == {"read (csv/reader.py)": 30, "main (tap.py)": 10}
    assert list(top("tap", files)) == ["tap", "   75.0%  csv/reader.py", "   25.0%  tap.py"]


@pytest.mark.parametrize(
    ("calls", "seconds", "share"), [(1200, 61.0, 1.0), (600, 61.0, 0.5), (600, 10.0, 1.0), (300, 59.9, 0.5)]
)
def test_a_limit_allows_as_many_calls_again_after_each_minute(
    calls: int, seconds: float, share: float
) -> None:
    assert share_of_limit(calls, seconds, 600) == share
