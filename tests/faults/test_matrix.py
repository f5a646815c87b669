"""The matrix itself: every row is there, and every case that it names is a test that can run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from support.faultmatrix import ROWS, rows

ROOT = Path(__file__).parents[2]
MATRIX = rows()


def collected() -> dict[str, bool]:
    """Return the cases as pytest finds them, each with whether it is skipped here."""
    done = subprocess.run(
        [sys.executable, "-m", "support.faultmatrix", "--collect"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": "tests"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, bool] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_fault_has_its_row_and_every_row_a_case_or_a_reason() -> None:
    assert [row.number for row in MATRIX] == list(range(1, ROWS + 1))
    assert [row.number for row in MATRIX if not (row.cases or row.open)] == []


def test_every_case_is_there_and_no_row_rests_on_skipped_ones() -> None:
    tests = collected()
    for row in MATRIX:
        for case in row.cases:
            assert case in tests or any(test.partition("[")[0] == case for test in tests), (row.number, case)
        found = {test: skipped for test, skipped in tests.items() if row.has(test)}
        assert not found or not all(found.values()), f"row {row.number} is skipped here as a whole"
