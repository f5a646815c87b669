"""The fault matrix: its rows, the cases that prove them, and a run of all of them.

python -m support.faultmatrix             runs every case and prints what became of each row
python -m support.faultmatrix --collect   prints the cases as JSON, each with whether it is skipped here
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from _pytest.skipping import evaluate_skip_marks

if TYPE_CHECKING:
    from collections.abc import Iterable

MATRIX = Path(__file__).parent.parent / "faults" / "matrix.yaml"
ROWS = 117


@dataclass(frozen=True)
class Row:
    """A fault, what is expected, and the ids of the tests that prove it."""

    number: int
    fault: str
    by: str
    expected: str
    cases: tuple[str, ...]
    note: str = ""
    open: str = ""

    def has(self, test: str) -> bool:
        """Tell whether a test is one of the cases; a case without parameters means all of them."""
        return test in self.cases or test.partition("[")[0] in self.cases


def rows() -> list[Row]:
    """Return the matrix as it stands in its file."""
    document: dict[int, dict[str, Any]] = yaml.safe_load(MATRIX.read_text(encoding="utf-8"))
    return [Row(number, **{**row, "cases": tuple(row["cases"])}) for number, row in document.items()]


def cases(matrix: Iterable[Row]) -> list[str]:
    """Return every case once, files together."""
    return sorted({case for row in matrix for case in row.cases})


@dataclass
class Report:
    """A pytest plugin that prints what became of each row."""

    matrix: list[Row]
    outcomes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid].add(report.outcome)

    def outcome(self, row: Row) -> tuple[str, int]:
        """Return a row's outcome, and how many of its cases have passed.

        A row is partly passed when its cases have, and something is left that none proves.
        """
        of_cases = [outcome for test, outcome in self.outcomes.items() if row.has(test)]
        passed = of_cases.count({"passed"})
        if any("failed" in outcome for outcome in of_cases):
            return "FAILED", passed
        if passed:
            return ("partly" if row.open else "passed"), passed
        return ("skipped" if of_cases else "open"), passed

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        found = {row: self.outcome(row) for row in self.matrix}
        terminalreporter.section("fault matrix")
        for row, (outcome, passed) in found.items():
            terminalreporter.line(f"{row.number:>4}  {outcome:<8}{passed:>4}  {row.fault}")
            for label, text in (("note", row.note), ("open", row.open)):
                if text:
                    terminalreporter.line(f"{'':22}{label}: {text}")
        outcomes = [outcome for outcome, _ in found.values()]
        counts = {
            outcome: outcomes.count(outcome) for outcome in ("passed", "partly", "FAILED", "skipped", "open")
        }
        ran = sum(map(len, self.outcomes.values()))
        summary = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        terminalreporter.line(f"{len(outcomes)} rows: {summary}; {ran} cases")


class Collected:
    """A pytest plugin that tells of every collected test whether it would be skipped here."""

    def __init__(self) -> None:
        self.skipped: dict[str, bool] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.skipped = {item.nodeid: evaluate_skip_marks(item) is not None for item in session.items}


def main(arguments: list[str]) -> int:
    """Run or collect the cases."""
    matrix = rows()
    if "--collect" in arguments:
        collected = Collected()
        code = pytest.main(["--collect-only", "-qq", "-m", "", *cases(matrix)], plugins=[collected])
        print(json.dumps(collected.skipped))  # noqa: T201  the output of the command
        return int(code)
    return int(pytest.main(["-m", "", "-q", *arguments, *cases(matrix)], plugins=[Report(matrix)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
