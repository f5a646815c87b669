"""Run cases in turn, several times, so that the machine's noise spreads over all of them."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.measure import CommandError, measure
from bench.paths import WORK, clean_environment
from bench.results import Measured, Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.case import Case


def order(count: int, round_number: int) -> list[int]:
    """Return the order of a round: each begins with another case."""
    return [(index + round_number) % count for index in range(count)]


def run_rounds(cases: Sequence[Case], rounds: int) -> tuple[list[Measured], dict[str, str]]:
    """Run every case `rounds` times.

    Returns:
        The cases that ran, in their order, and the reasons of those that failed. A case that fails is not
        run again.
    """
    runs: dict[int, list[Run]] = {index: [] for index in range(len(cases))}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for index in order(len(cases), number):
            case = cases[index]
            label = f"{case.group}: {case.name}"
            if number >= case.rounds or label in failed:
                continue
            try:
                run = run_case(case)
            except CommandError as error:
                failed[label] = str(error).splitlines()[-1]
                say(f"{label}: FAILED, {error}")
                continue
            runs[index].append(run)
            say(f"round {number + 1}/{rounds}  {label:70} {run.wall:8.2f} s  {run.peak_mb:6.0f} MB")
    measured = [
        Measured(case.group, case.name, case.rows, tuple(runs[index]), case.own, case.note, case.at)
        for index, case in enumerate(cases)
        if runs[index]
    ]
    return measured, failed


def run_case(case: Case) -> Run:
    """Run a case once.

    Raises:
        CommandError: It ends badly, or writes fewer lines than it should.
    """
    if case.before:
        case.before()
    log = log_file(case)
    run = measure(case.command, env=clean_environment(**case.env), folder=WORK, log=log, stdin=case.stdin)
    if run.lines < case.least_lines:
        raise CommandError(
            f"{case.name} wrote {run.lines} lines instead of {case.least_lines}, see {log.name}"
        )
    return replace(run, more=case.after()) if case.after else run


def log_file(case: Case) -> Path:
    """Return the file for a case's stderr."""
    folder = WORK / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (re.sub(r"\W+", "-", f"{case.group} {case.name}").strip("-") + ".log")


def say(line: str) -> None:
    """Tell who waits how far the run is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {line}\n")
    sys.stderr.flush()
