"""Every command of the documentation is run as it stands, beside a sandbox, in what looks like a checkout."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from demo.postgres import Postgres, running_postgres
from demo.project import ROOT
from support.docblocks import blocks
from support.plugins import environment

from responsys_sandbox.account import AccountPlan
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.docblocks import Block

README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
RUN = [
    page for page in PAGES if any(block.language == "bash" and not block.is_outside for block in blocks(page))
]
# Each runs Meltano and dbt, as the quick start's demo does.
LONG = {"airflow", "campaigns", "warehouses", "acquia"}
NOT_COPIED = (
    ".git",
    ".venv*",
    ".tools",
    ".meltano",
    ".cache",
    ".local",
    ".*_cache",
    ".hypothesis",
    "__pycache__",
    "dist",
)
# What the models ask of the shop: a table of carts, empty here.
SHOP = """
    CREATE SCHEMA shop;
    CREATE TABLE shop.cart_items (
        customer_id TEXT, sku TEXT, product_name TEXT, price NUMERIC, image_url TEXT,
        added_at TIMESTAMP, ordered_at TIMESTAMP
    )
"""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="session")
def installed() -> None:
    subprocess.run(["make", "--silent", "setup"], cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute(SHOP)
        yield server


@pytest.fixture
def checkout(installed: None) -> Iterator[Path]:  # noqa: ARG001
    """A copy of the checkout's files, with its environments, and with nothing that runs have left behind.

    It lies inside the checkout: PostgreSQL's own user has to reach the environments through it.
    """
    inside = ROOT / ".local" / "tmp" / f"checkout-{os.getpid()}"
    shutil.rmtree(inside, ignore_errors=True)
    folder = inside / "checkout"
    shutil.copytree(ROOT, folder, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for name in (".venv", ".venv-meltano", ".venv-docs", ".tools"):
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    share_plugins(ROOT / ".meltano", folder / ".meltano")
    (folder / ".meltano" / ".made").touch()
    for example in (folder / "examples").iterdir():
        # Theirs are installed from this copy, and are of no use to another one.
        share_plugins(inside / "examples" / example.name, example / ".meltano")
    yield folder
    shutil.rmtree(inside)


def share_plugins(kept: Path, project: Path) -> None:
    """Have a Meltano project take and put installed plugins where the next run finds them."""
    project.mkdir()
    for plugins in ("extractors", "loaders", "utilities"):
        (kept / plugins).mkdir(parents=True, exist_ok=True)
        (project / plugins).symlink_to(kept / plugins)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.long] if page.stem in LONG else [], id=name_of(page))
        for page in RUN
    ],
)
def test_the_commands_of_a_page_run_in_their_order(
    page: Path, checkout: Path, postgres: Postgres, tmp_path: Path
) -> None:
    start = datetime.now(UTC).date() - timedelta(days=3)
    options = SandboxOptions(days=3, plan=AccountPlan(contacts=60, start=start))
    with Sandbox(tmp_path / "sandbox", options=options) as sandbox:
        own = {
            **sandbox.settings,
            **postgres.settings,
            "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
            "RESPONSYS_SANDBOX_FOLDER": str(sandbox.folder),
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script(page, checkout)],
            cwd=checkout,
            env=environment(**own),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4000:]


def script(page: Path, folder: Path) -> str:
    """Put a page's commands together, and write the files that it shows."""
    lines = []
    for block in blocks(page):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "bash" and not block.is_outside:
            lines += [f"echo {shlex.quote(f'--- {name_of(page)}:{block.line}')} >&2", block.text]
    return "\n".join(lines)


def test_the_readmes_commands_are_run_on_a_page() -> None:
    run = {block.text for page in RUN for block in blocks(page) if not block.is_outside}
    assert {block.text for block in blocks(README) if block.language == "bash"} <= run


@pytest.mark.parametrize("page", [README, *PAGES], ids=name_of)
def test_blocks_are_what_they_say(page: Path) -> None:
    for block in blocks(page):
        assert block.language, f"{name_of(page)}:{block.line} says no language"
        assert block.language not in {"sh", "shell", "console"}, f"{name_of(page)}:{block.line}: bash is run"
        if block.language == "bash":
            parsed = subprocess.run(
                ["bash", "-n"], input=block.text, text=True, capture_output=True, check=False
            )
            assert (parsed.returncode, parsed.stderr) == (0, ""), f"{name_of(page)}:{block.line}"
            check_options(block)


def check_options(block: Block) -> None:
    """See that Meltano's plugins in a command that no test can run exist."""
    known = (ROOT / "meltano.yml").read_text(encoding="utf-8")
    for line in block.text.replace("\\\n", " ").splitlines() if block.is_outside else ():
        words = shlex.split(line, comments=True)
        if any(word == "scripts/meltano" for word in words):
            named = [word.partition(":")[0] for word in words if word.startswith(("tap-", "target-"))]
            assert all(f"- name: {name}\n" in known for name in named), line
