"""The planted bugs themselves: each still fits the code, and the tests that are to catch it are there.

`make planted` plants them.
"""

from __future__ import annotations

import pytest
from support.plantedbugs import ROOT, Bug, bugs

BUGS = bugs()


def test_there_are_enough_of_them_and_each_is_another_one() -> None:
    assert len(BUGS) >= 25
    assert (
        len({bug.breaks for bug in BUGS})
        == len({(bug.file, bug.line, bug.becomes) for bug in BUGS})
        == len(BUGS)
    )


@pytest.mark.parametrize("bug", BUGS, ids=[bug.breaks for bug in BUGS])
def test_a_bug_fits_the_code_and_its_tests_are_there(bug: Bug) -> None:
    assert bug.planted()
    assert [test for test in bug.tests if not (ROOT / test.partition("::")[0]).is_file()] == []
