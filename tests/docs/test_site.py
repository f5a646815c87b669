"""The site of the documentation: built without a warning, and loading nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess

import pytest
from demo.project import ROOT

_LOADED = re.compile(
    r"<(?:script|img|iframe|source)[^>]*src=\"https?:|<link[^>]*href=\"https?:|@import +url\(.?https?:"
)


@pytest.mark.timeout(300)
def test_the_site_builds_and_loads_nothing_from_elsewhere() -> None:
    done = subprocess.run(["make", "--silent", "docs"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    pages = list((ROOT / ".local" / "site").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        assert not _LOADED.search(page.read_text(encoding="utf-8")), page.name


def test_no_page_has_a_diagram_that_a_script_would_have_to_fetch() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        assert "```mermaid" not in page.read_text(encoding="utf-8"), page.name
