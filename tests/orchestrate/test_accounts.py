"""The accounts file: what it says, and each mistake in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from demo.project import ROOT
from orchestrate.accounts import plan_from, read_plan
from orchestrate.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = ROOT / "orchestrate" / "accounts.example.yaml"


def account(**more: Any) -> dict[str, Any]:
    return {"accounts": [{"name": "acme", "feeds": ["sent", "open"], **more}]}


def test_the_example_is_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESPONSYS_ACCOUNTS", str(EXAMPLE))
    plan = read_plan()
    acme = plan.account("acme")
    assert (plan.environment, plan.loader, plan.retries, plan.retry_seconds) == (
        "prod",
        "target-postgres",
        3,
        300,
    )
    assert (acme.sessions, len(acme.feeds), acme.models, acme.schedule) == (4, 8, "models", "0 6 * * *")
    assert acme.campaign("store-locator").inputs == ("contacts", "sent", "open", "click")
    assert plan.account("globex").campaigns == ()


def test_its_jobs_and_streams_are_those_of_the_project() -> None:
    meltano = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    jobs = {job["name"] for job in meltano["jobs"]}
    streams = (ROOT / "tap-responsys" / "README.md").read_text(encoding="utf-8")
    for entry in read_plan(EXAMPLE).accounts:
        assert {campaign.job for campaign in entry.campaigns} | {entry.models or "models"} <= jobs
        assert all(
            stream == "contacts" or f"| `{stream}` |" in streams
            for feed in entry.feeds
            for stream in entry.streams(feed)
        )


def test_what_is_not_said_has_a_default() -> None:
    plan = plan_from(account(campaigns=[{"name": "sale"}]))
    acme = plan.account("acme")
    assert (plan.environment, plan.loader, plan.retries, plan.retry_seconds) == (
        "prod",
        "target-postgres",
        3,
        300,
    )
    assert (acme.sessions, acme.schedule, acme.models, acme.settings, acme.secrets) == (2, None, None, {}, {})
    assert (acme.campaign("sale").job, acme.campaign("sale").inputs) == ("sale", ())


MISTAKES: dict[str, Any] = {
    "the file is no mapping": [],
    "the file names no account": {"accounts": []},
    "accounts of the file is no list": {"accounts": {"acme": {}}},
    "the file has an unknown key retry": {"retry": 1, "accounts": []},
    "an account is no mapping": {"accounts": ["acme"]},
    "acme stands twice in the accounts": {"accounts": account()["accounts"] * 2},
    "the name of an account is not of a letter": {"accounts": [{"name": "acme.eu", "feeds": ["sent"]}]},
    "account acme has no feeds": account(feeds=[]),
    "sent stands twice in the feeds of account acme": account(feeds=["sent", "sent"]),
    "the name of a feed of account acme is not of a letter": account(feeds=["SENT"]),
    "an account has an unknown key feed": account(feed=["sent"]),
    "sessions of account acme is no number from 1 on": account(sessions=0),
    "schedule of account acme is no text": account(schedule=6),
    "models of account acme is no text": account(models=["models"]),
    "settings of account acme is no mapping": account(settings=["A"]),
    "settings of account acme is not of variables": account(settings={"TAP_RESPONSYS_PORT": 22}),
    "secrets of account acme is not of variables": account(secrets={"password": "X"}),
    "account acme has A in settings and in secrets": account(settings={"A": "1"}, secrets={"A": "B"}),
    "campaign sale of account acme needs click, which is none": account(
        campaigns=[{"name": "sale", "inputs": ["click"]}]
    ),
    "sale stands twice in the campaigns of account acme": account(campaigns=[{"name": "sale"}] * 2),
    "job of campaign sale of account acme is no text": account(campaigns=[{"name": "sale", "job": ""}]),
    "a campaign of account acme has an unknown key input": account(campaigns=[{"name": "sale", "input": []}]),
    "groups of account acme is no mapping": account(groups=["open"]),
    "group rest of account acme is none of its feeds": account(groups={"rest": ["click"]}),
    "group open of account acme is empty": account(groups={"open": []}),
    "sent stands twice in the streams of account acme": account(groups={"open": ["sent"]}),
    "the name of a stream of group open of account acme is": account(groups={"open": [1]}),
    "retries is no number from 0 on": {**account(), "retries": -1},
    "retry_seconds is no number from 0 on": {**account(), "retry_seconds": True},
    "environment of the file is no text": {**account(), "environment": 1},
}


@pytest.mark.parametrize("problem", MISTAKES)
def test_a_mistake_is_named(problem: str) -> None:
    with pytest.raises(PlanError, match="RSYS-7001") as raised:
        plan_from(MISTAKES[problem])
    assert problem in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="RSYS-7001: .*no.yaml cannot be read: No such file"):
        read_plan(tmp_path / "no.yaml")
    for content in (b"a: [", b"\xff"):
        (tmp_path / "bad.yaml").write_bytes(content)
        with pytest.raises(PlanError, match="RSYS-7001: .*bad.yaml is no YAML"):
            read_plan(tmp_path / "bad.yaml")


def test_unknown_names_are_named() -> None:
    plan = plan_from(account())
    with pytest.raises(PlanError, match="RSYS-7002: There is no account named globex"):
        plan.account("globex")
    with pytest.raises(PlanError, match="RSYS-7002: There is no campaign of account acme named sale"):
        plan.account("acme").campaign("sale")
