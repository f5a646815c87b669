"""Error codes: each means one thing, and the documentation has them all."""

from __future__ import annotations

import re
from pathlib import Path

import error_codes

ROOT = Path(__file__).parent.parent
USES = error_codes.uses()


def test_every_code_of_the_source_is_listed_with_its_meaning() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (RSYS-\d{4}) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert [code for code, _, _ in listed] == list(USES)
    assert [row for row in listed if not (row[1].strip() and row[2].strip())] == []


def test_a_code_with_several_texts_has_one_meaning_that_is_written_down() -> None:
    texts = {code: {(use.problem, use.remedy) for use in uses} for code, uses in USES.items()}
    assert {code for code, found in texts.items() if len(found) > 1} - error_codes.SHARED.keys() == set()


def test_no_meaning_is_written_down_that_nobody_needs() -> None:
    plain = {
        code
        for code, uses in USES.items()
        if len({(use.problem, use.remedy) for use in uses}) == 1 and uses[0].problem and uses[0].remedy
    }
    assert error_codes.SHARED.keys() - USES.keys() == set()
    assert error_codes.SHARED.keys() & plain == set()


def test_codes_are_of_the_areas_that_the_page_explains() -> None:
    assert {code[5] for code in USES} == error_codes.AREAS.keys()
