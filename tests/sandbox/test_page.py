"""The sandbox's page: it shows what there is, to this machine only, and no secret."""

from __future__ import annotations

import http.client
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from support.chromium import VIOLATIONS, chromium, needs_chromium, screenshot

import responsys_sandbox.page
import responsys_status
from responsys_sandbox.account import AccountPlan
from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.jobstore import JobCounts
from responsys_sandbox.page.view import view
from responsys_sandbox.sandbox import Sandbox, SandboxOptions
from responsys_sandbox.store import LoggedRequest
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

NASTY = "<script>alert(1)</script>"
ADDRESS = "ann.lee@north.example"
CARTS = Table("CDP", "Carts", (Column("ID", "STR25"), Column("EMAIL", "STR500")), ("ID",))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    options = SandboxOptions(days=2, plan=AccountPlan(contacts=40))
    with Sandbox(tmp_path_factory.mktemp("sandbox"), options=options) as running:
        running.fill_list()
        store = running.store
        store.create_table(CARTS)
        store.merge(CARTS, [{"ID": str(number), "EMAIL": ADDRESS} for number in range(30)] + [{"ID": NASTY}])
        job = store.jobs.save(ImportJob(name="Carts", folder="CDP", table="Carts", file_pattern="*.csv"))
        run = store.jobs.begin(job, 1000.0)
        store.jobs.end(run, 1010.0, "failed", "no file", JobCounts(5, 3, 1, 1))
        store.log_request(LoggedRequest(2000.0, "GET", f"/members/{ADDRESS}", 404, "NOT_FOUND", 0, 1.5))
        yield running


def asked(
    sandbox: Sandbox, method: str = "GET", path: str = "/", **headers: str
) -> tuple[int, dict[str, str], str]:
    address = urlsplit(sandbox.settings["RESPONSYS_SANDBOX_PAGE"])
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), text


def test_what_there_is(sandbox: Sandbox) -> None:
    shown = view(sandbox.store, sandbox.files)
    assert {folder["name"]: folder["files"] > 0 for folder in shown["folders"]} == {
        "archive": False,
        "download": True,
        "upload": False,
    }
    (table,) = shown["tables"]
    assert (table["folder"], table["name"], table["rows"], table["key"]) == ("CDP", "Carts", 31, ["ID"])
    assert table["first"][0] == ["0", "…"]
    assert len(table["first"]) == 20
    assert shown["lists"][0]["members"] == len(sandbox.store.lists.members(sandbox.store.lists.lists()[0]))
    (job,) = shown["jobs"]
    assert (job["name"], job["active"], job["runs"][0]["status"], job["runs"][0]["added"]) == (
        "Carts", True, "failed", 3,
    )  # fmt: skip
    assert shown["requests"][0]["path"] == "/members/…"
    assert shown["request_count"] == len(shown["requests"])


def test_the_page_shows_it_escaped_and_without_a_secret(sandbox: Sandbox) -> None:
    sandbox.store.merge(CARTS, [{"ID": "0", "EMAIL": NASTY}])
    status, headers, text = asked(sandbox)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script" not in text
    assert "@" not in text.replace("@media", "")
    secrets = [Path(path).read_text() for path in sandbox.keys.glob("*_key")]
    assert sandbox.options.rest.password not in text
    assert not any(line in text for secret in secrets for line in secret.splitlines())
    for name in ("download", "Carts", "no file", "NOT_FOUND"):
        assert name in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_only_shows(sandbox: Sandbox, method: str) -> None:
    status, headers, _ = asked(sandbox, method)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")


def test_there_is_one_page_for_this_machine(sandbox: Sandbox) -> None:
    assert asked(sandbox, path="/account.sqlite")[0] == 404
    assert asked(sandbox, path="/../account.sqlite")[0] == 404
    assert asked(sandbox, Host="evil.example")[0] == 421
    port = urlsplit(sandbox.settings["RESPONSYS_SANDBOX_PAGE"]).port
    assert asked(sandbox, Host=f"localhost:{port}")[0] == 200
    assert asked(sandbox, "HEAD")[::2] == (200, "")


def test_an_empty_sandbox_has_a_page_and_one_without_page_has_none(tmp_path: Path) -> None:
    small = AccountPlan(contacts=5)
    with Sandbox(tmp_path / "a", options=SandboxOptions(days=0, plan=small)) as empty:
        assert "None yet." in asked(empty)[2]
    with Sandbox(tmp_path / "b", options=SandboxOptions(days=0, plan=small, page_port=None)) as none:
        assert "RESPONSYS_SANDBOX_PAGE" not in none.settings


def test_it_looks_as_the_status_page_does() -> None:
    of_sandbox, of_status = (
        Path(package.__path__[0]) / "look.css" for package in (responsys_sandbox.page, responsys_status)
    )
    assert of_sandbox.read_bytes() == of_status.read_bytes()


@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(sandbox: Sandbox, width: int) -> None:
    with chromium() as browser:
        for scheme in ("light", "dark"):
            tab = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                bypass_csp=True,
            ).new_page()
            tab.goto(sandbox.settings["RESPONSYS_SANDBOX_PAGE"])
            assert tab.evaluate("document.documentElement.scrollWidth") == width
            assert screenshot(tab, f"sandbox-{width}-{scheme}")[0] == width
            found = Axe().run(tab, options=VIOLATIONS).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
