"""The site of the documentation: built without a warning, and loading nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from demo.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("[nowhere](nowhere.md)", "nowhere.md"),
        ("[outside](../README.md)", "../README.md"),
        ("[no heading](index.md#none)", "#none"),
        ("Reached from no menu.", "not included"),
    ],
)
def test_a_page_that_leads_nowhere_fails_the_build(tmp_path: Path, page: str, told: str) -> None:
    subprocess.run(["make", "--silent", ".venv-docs/.made"], cwd=ROOT, check=True, capture_output=True)
    for name in ("Makefile", "mkdocs.yml", "uv.lock", "README.md"):
        shutil.copy2(ROOT / name, tmp_path)
    for name in (".venv-docs", ".tools"):
        if (ROOT / name).exists():
            (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "docs" / "new.md").write_text(f"# New\n\n{page}\n", encoding="utf-8")
    if told != "not included":
        with (tmp_path / "mkdocs.yml").open("a", encoding="utf-8") as settings:
            settings.write("- new.md\n")
    done = subprocess.run(
        ["make", "--silent", "docs"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert told in done.stderr


def test_no_page_has_a_diagram_that_a_script_would_have_to_fetch() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        assert "```mermaid" not in page.read_text(encoding="utf-8"), page.name
