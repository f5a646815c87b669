"""The report as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.doctorsetup import NOW, STREAMS, Setup, ago

from responsys_io.errors import TransientError
from responsys_io.history import History
from tap_responsys.doctor.coverage import coverage_of, summaries
from tap_responsys.doctor.document import document
from tap_responsys.doctor.examine import examine
from tap_responsys.doctor.facts import Facts, KeyFacts
from tap_responsys.doctor.findings import Finding, merged
from tap_responsys.doctor.report import report


def spoilt() -> Facts:
    setup = Setup.healthy()
    setup.forget(lambda stream, day: stream != "sent" or day != ago(20))
    setup.texts["click"] = setup.texts["click"].replace(b",", b";")
    setup.more["keys"] = [KeyFacts("/a/folder/with/a/long/name/" + "key/" * 20, "ssh-rsa", 2048, 20)]
    return setup.facts()


def test_the_text_has_every_section_and_no_long_line() -> None:
    facts = spoilt()
    text = report(facts, examine(facts))
    titles = [line.split()[0].rstrip(":") for line in text.splitlines() if line and not line.startswith(" ")]
    assert titles == ["Server", "Keys", "Folder", "Streams", "History", "Findings"]
    assert max(map(len, text.splitlines())) <= 110
    assert "PROBLEM other-delimiter" in text
    assert "click: Fields are delimited by semicolon" in text
    assert "160 files, 80 of them exports" in text
    sent = [" ".join(line.split()) for line in text.splitlines() if line.startswith("  sent ")]
    assert sent == [
        "sent 10 2026-03-15 2026-03-15 0 0",
        "sent 2026-01-30 2026-03-15 44 of 45 16 short 46 short",
        "sent is missing 2026-02-23",
    ]


def test_paths_and_key_types_are_not_broken_at_their_hyphens() -> None:
    facts = Setup.healthy().facts()
    for length in range(1, 96):
        path = f"/{'k' * length}/client-key"
        keyed = replace(facts, keys=[KeyFacts(path, "ssh-rsa", 2048, 20)])
        words = report(keyed, examine(keyed)).split()
        assert f"{path}:" in words
        assert "ssh-rsa," in words


def test_coverage_counts_present_days_and_names_missing_ones() -> None:
    history = History()
    for days in range(45):
        if days != 20:
            history.note(ago(days))
    coverage = coverage_of(history)
    assert coverage
    assert (coverage.present, coverage.span, list(coverage.missing)) == (44, 45, [ago(20)])
    assert (coverage.short_of(60), coverage.short_of(90), coverage.short_of(30)) == (16, 46, 0)
    assert coverage_of(History()) is None


def test_an_export_without_its_ready_file_waits_and_is_not_unread() -> None:
    setup = Setup.healthy()
    setup.forget(lambda stream, day: stream != "sent" or day < ago(1))
    setup.keep(lambda name: name != "1234_SENT_20260315_060500.ready")
    (sent,) = [summary for summary in summaries(setup.facts()) if summary.stream == "sent"]
    assert (sent.exports, sent.waiting, sent.unread) == (10, 1, 1)


def test_long_names_and_many_gaps_fit_into_a_line() -> None:
    setup = Setup.healthy()
    facts = setup.facts()
    sent = facts.ledger("sent")
    assert sent
    sent.history.note(ago(3000))
    stream = "contacts_" + "x" * 80
    kinds = {**facts.wanted.kinds, stream: replace(facts.wanted.kinds["contacts"], stream=stream)}
    facts = replace(
        facts,
        wanted=replace(facts.wanted, kinds=kinds),
        ledgers={**(facts.ledgers or {}), stream: sent},
    )
    text = report(facts, examine(facts))
    assert max(map(len, text.splitlines())) <= 110
    assert "and 2945 more" in " ".join(text.split())


def test_without_a_state_the_text_says_how_to_give_it() -> None:
    facts = replace(spoilt(), ledgers=None)
    text = report(facts, examine(facts))
    assert "--state" in text
    assert "?" in text


def test_without_a_connection_there_are_only_server_keys_and_findings() -> None:
    facts = spoilt()
    failed = replace(facts, server=replace(facts.server, error=TransientError("RSYS-2001", "No.", "Check.")))
    text = report(failed, examine(failed))
    assert "connection fails" in text
    assert "connection-failed (RSYS-2001)" in text
    assert "History" not in text


def test_the_document_has_the_documented_keys() -> None:
    facts = spoilt()
    found = json.loads(json.dumps(document(facts, examine(facts))))
    assert list(found) == ["status", "checked_at", "findings", "server", "keys", "folder", "streams"]
    assert found["status"] == "problem"
    assert found["checked_at"] == NOW.isoformat()
    assert [finding["id"] for finding in found["findings"]] == ["other-delimiter", "days-missing"]
    assert found["findings"][0] | {"problem": "", "remedy": ""} == {
        "id": "other-delimiter",
        "severity": "problem",
        "stream": "click",
        "streams": ["click"],
        "problem": "",
        "remedy": "",
        "example": "1234_CLICK_20260315_060500.txt",
        "code": None,
    }
    assert found["folder"] == {
        "path": "download",
        "files": 160,
        "exports": 80,
        "unrecognised": 0,
        "newest": "2026-03-15T06:05:00+00:00",
    }
    assert set(found["streams"]) == set(STREAMS)
    assert found["streams"]["sent"] == {
        "expected": True,
        "exports": 10,
        "last_file": "1234_SENT_20260315_060500.txt",
        "last_export": "2026-03-15",
        "waiting": 0,
        "unread": 0,
        "history": {
            "first": "2026-01-30",
            "last": "2026-03-15",
            "days": 44,
            "span": 45,
            "missing": ["2026-02-23"],
            "days_short": {"60": 16, "90": 46},
        },
    }


@pytest.mark.parametrize(("severities", "status"), [((), "ok"), (("warning",), "warning")])
def test_the_status_is_the_worst_finding(severities: tuple[str, ...], status: str) -> None:
    findings = [Finding("an-id", "warning", "p", "r") for _ in severities]
    assert document(Setup.healthy().facts(), findings)["status"] == status


def test_findings_that_say_the_same_are_one_and_problems_come_first() -> None:
    one, other = Finding("a", "warning", "p", "r", ("x",)), Finding("a", "warning", "p", "r", ("y", "x"))
    problem = Finding("b", "problem", "p", "r")
    assert merged([one, other, problem]) == [problem, replace(one, streams=("x", "y"))]
