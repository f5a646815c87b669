"""Which cases make a benchmark, with which sizes, and the servers that they need."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass

from bench.inputs import sent_files
from bench.machine import facts, own_versions
from bench.paths import WORK
from bench.peercases import peer_cases, peer_versions
from bench.pipelinecases import pipeline_cases
from bench.results import Result
from bench.rounds import run_rounds, say
from bench.scale import Sizes, scale_cases
from bench.servers import delayed, file_server, rest_server
from bench.tapcases import reading_cases, reference_cases, start_case
from bench.targetcases import ApiLoad, api_cases, csv_cases

ROUND_TRIP = 0.05
LATENCIES = (0.05, 0.5)
ACCOUNT_LIMIT = 600
_START_ROWS = 1_000


@dataclass(frozen=True)
class Plan:
    """Sizes of a benchmark.

    Args:
        kind: Its name.
        rows: Of the export that the tap reads.
        peer_rows: Of the export that the peers read.
        target_rows: Records for the targets' CSV files.
        calls: Merge calls where there is no limit, for each of `LATENCIES`.
        limited: Whether keeping to an account's limit is measured, which takes minutes.
        rounds: How often each case runs.
    """

    kind: str
    rows: int
    peer_rows: int
    target_rows: int
    calls: tuple[int, int]
    limited: bool
    rounds: int


FULL = Plan("full", 1_000_000, 100_000, 500_000, (1_000, 160), limited=True, rounds=5)
QUICK = Plan("quick", 20_000, 5_000, 10_000, (100, 24), limited=False, rounds=1)


def run_plan(plan: Plan) -> Result:
    """Make the inputs, start the servers, run all cases and return what came out."""
    _prepare()
    say("making inputs and environments")
    files, few, small = (
        sent_files(plan.rows),
        sent_files(plan.peer_rows, packed=False),
        sent_files(_START_ROWS, packed=False),
    )
    with ExitStack() as stack:
        server = stack.enter_context(file_server())
        far = stack.enter_context(delayed(server.port, ROUND_TRIP))
        loads = [
            ApiLoad(stack.enter_context(rest_server(latency)), latency, calls)
            for latency, calls in zip(LATENCIES, plan.calls, strict=True)
        ]
        if plan.limited:
            loads += [
                ApiLoad(
                    stack.enter_context(rest_server(latency, ACCOUNT_LIMIT)),
                    latency,
                    2 * ACCOUNT_LIMIT,
                    ACCOUNT_LIMIT,
                )
                for latency in LATENCIES
            ]
        cases = [
            *reading_cases(server, far, files),
            *reference_cases(server, far, files),
            *peer_cases(server, few),
            start_case(server, small),
            *pipeline_cases(server, files),
            *csv_cases(server, plan.target_rows),
            *(case for load in loads for case in api_cases(server, load)),
        ]
        measured, failed = run_rounds(cases, plan.rounds)
    return Result(
        kind=plan.kind,
        date=_today(),
        machine=facts(),
        versions=own_versions() | peer_versions(),
        inputs={
            "export": f"{plan.rows:,} rows, {files.plain.stat().st_size / 1e6:.0f} MB",
            "export for peers": f"{plan.peer_rows:,} rows, {few.plain.stat().st_size / 1e6:.0f} MB",
            "rounds": str(plan.rounds),
        },
        measured=tuple(measured),
        failed=failed,
    )


def run_scale(sizes: Sizes, rounds: int) -> Result:
    """Run the tap over all sizes and return what came out."""
    _prepare()
    say("making inputs")
    with file_server() as server:
        measured, failed = run_rounds(scale_cases(server, sizes), rounds)
    return Result(
        kind="scale",
        date=_today(),
        machine=facts(),
        versions=own_versions(),
        inputs={"rows of files, columns and feeds": f"{sizes.shared_rows:,}", "rounds": str(rounds)},
        measured=tuple(measured),
        failed=failed,
    )


def _prepare() -> None:
    (WORK / "logs").mkdir(parents=True, exist_ok=True)


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()
