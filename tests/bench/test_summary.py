from __future__ import annotations

import pytest
from bench.results import Measured, Run
from bench.summary import spread, steady_rate, summarize


def run(wall: float, **more: float) -> Run:
    return Run(wall=wall, cpu=wall / 2, peak_mb=more.pop("peak_mb", 50.0), **more)  # type: ignore[arg-type]


def case(name: str, *runs: Run, rows: int = 1000, group: str = "tap") -> Measured:
    return Measured(group, name, rows, runs)


def test_a_spread_is_a_share_of_the_median() -> None:
    assert spread([2.0, 1.5, 2.5]) == pytest.approx(0.5)
    assert spread([3.0]) == 0
    assert spread([0.0, 0.0]) == 0


def test_the_median_counts_not_the_mean() -> None:
    (row,) = summarize([case("ours", run(1.0, peak_mb=70.0), run(9.0, peak_mb=80.0), run(2.0))])
    assert (row.wall, row.cpu, row.rate) == (2.0, 1.0, 500.0)
    assert row.peak_mb == 80.0
    assert row.spread == pytest.approx(4.0)


def test_rates_are_compared_with_the_first_of_the_group_however_many_rows_they_had() -> None:
    rows = summarize(
        [
            case("ours", run(2.0)),
            case("peer on fewer rows", run(2.0), rows=100),
            case("another group", run(5.0), group="target"),
        ]
    )
    assert [row.ratio for row in rows] == pytest.approx([1.0, 0.1, 1.0])


def test_without_rows_times_are_compared() -> None:
    first, second = summarize([case("start", run(2.0), rows=0), case("slower start", run(4.0), rows=0)])
    assert first.rate is second.rate is None
    assert second.ratio == 0.5


def test_own_figures_have_medians_of_the_runs_that_have_them() -> None:
    runs = [Run(1.0, 1.0, 1.0, more={"calls/s": value}) for value in (1.0, 2.0, 9.0)]
    (row,) = summarize([case("api", *runs, run(1.0))])
    assert row.more == {"calls/s": 2.0}


def test_start_up_does_not_count_in_a_steady_rate() -> None:
    assert steady_rate(case("ours", run(3.0, first_byte=1.0))) == 500.0
    assert steady_rate(case("silent", run(2.0))) == 500.0
