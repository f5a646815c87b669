"""tap-responsys --doctor against a file server, as text and as JSON."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import OPEN_HEADER, open_row, write, write_contacts
from support.keys import host_key_blob, new_key
from support.openssh import free_port
from support.pgp import needs_gpg
from support.plugins import run_tap

from responsys_io.hostkeys import fingerprint
from responsys_sandbox.account import AccountPlan
from responsys_sandbox.exportoptions import EMAIL_FEEDS, ExportOptions
from responsys_sandbox.sandbox import Sandbox, SandboxOptions
from tap_responsys.kinds import KEY_FEEDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.openssh import SshServer
    from support.plugins import Run

    Tap = Callable[..., Run]

SETTINGS = {"ready_extension": "ready"}


def job_time(days_ago: int) -> datetime:
    """When the jobs of a day run: the last time a little while ago."""
    return datetime.now(UTC) - timedelta(days=days_ago, minutes=20)


EVENTS = 60


def export_day(download: Path, days_ago: int, *, lag: timedelta = timedelta(minutes=5)) -> None:
    """Write the exports of a day: seven feeds and the contact list, events of a lag before the job's time."""
    run_at = job_time(days_ago)
    happened = (run_at - lag).strftime("%d-%b-%Y %H:%M:%S")
    columns = zip(OPEN_HEADER, open_row(7), strict=True)
    row = [happened if name.endswith("_DT") else value for name, value in columns]
    stamp, mtime = f"{run_at:%Y%m%d_%H%M%S}", int(run_at.timestamp())
    contacts = [(1, "I", f"{run_at:%Y-%m-%d} 00:00:00")]
    paths = [write_contacts(download, f"CONTACT_LIST_{stamp}.csv", contacts, mtime)]
    feeds = (download / f"1234_{feed.upper()}_{stamp}.txt" for feed in KEY_FEEDS)
    paths.extend(write(path, [OPEN_HEADER, *[row] * EVENTS], mtime) for path in feeds)
    for path in paths:
        rows = 1 if path.suffix == ".csv" else EVENTS
        path.with_suffix(".ready").write_text(f"{rows}\n", encoding="utf-8")
        os.utime(path.with_suffix(".ready"), (mtime, mtime))


@pytest.fixture
def exported(download: Path) -> Path:
    """The folder with the exports of three days."""
    for days_ago in (2, 1, 0):
        export_day(download, days_ago)
    return download


def doctor(tap: Tap, **more: Any) -> tuple[Run, dict[str, Any]]:
    settings = SETTINGS | more.pop("settings", {})
    run = tap("--doctor", "--format", "json", settings=settings, **more)
    return run, json.loads(run.stdout)


def ids(found: dict[str, Any]) -> list[str]:
    return [finding["id"] for finding in found["findings"]]


def test_a_healthy_account_has_no_finding(tap: Tap, exported: Path) -> None:
    state = tap(settings=SETTINGS).state
    run, found = doctor(tap, state=state)
    assert ids(found) == []
    assert (run.exit_code, found["status"]) == (0, "ok")
    assert found["streams"]["sent"]["history"]["days"] == 3
    assert found["streams"]["sent"]["unread"] == 0
    assert found["server"]["connected"] is True
    assert found["keys"][0]["type"] == "ssh-ed25519"
    assert "example.com" not in run.stdout
    before = {path: path.stat().st_mtime_ns for path in exported.iterdir()}
    text = tap("--doctor", settings=SETTINGS, state=state)
    assert text.exit_code == 0
    assert text.stdout.startswith("Server\n")
    assert text.stdout.endswith("Findings\n  none\n")
    assert max(map(len, text.stdout.splitlines())) <= 110
    assert before == {path: path.stat().st_mtime_ns for path in exported.iterdir()}


def test_the_state_may_be_as_meltano_shows_it(tap: Tap, exported: Path) -> None:
    state = tap(settings=SETTINGS).state
    export_day(exported, 3)
    _, found = doctor(tap, state={"singer_state": state})
    assert ids(found) == ["unread-files"]
    assert found["findings"][0]["streams"] == [*KEY_FEEDS, "contacts"]


@pytest.mark.usefixtures("exported")
def test_without_a_state_history_is_unknown(tap: Tap) -> None:
    run, found = doctor(tap)
    assert run.exit_code == 0
    assert found["streams"]["sent"]["history"] is None
    assert "unknown: give the state with --state" in tap("--doctor", settings=SETTINGS).stdout


def _rewrite(folder: Path, pattern: str, old: bytes, new: bytes) -> None:
    for path in folder.glob(pattern):
        status = path.stat()
        path.write_bytes(path.read_bytes().replace(old, new))
        os.utime(path, (status.st_mtime, status.st_mtime))


def _drop(folder: Path, pattern: str) -> None:
    for path in folder.glob(pattern):
        path.unlink()


STRANGER = {"private_key": new_key("ed25519").openssh, "private_key_file": None}


@pytest.mark.parametrize(
    ("spoil", "settings", "found", "exit_code"),
    [
        (lambda folder: _drop(folder, "*"), {}, "folder-empty", 2),
        (lambda folder: _drop(folder, "1234_SENT_*"), {}, "feed-absent", 2),
        (lambda folder: _drop(folder, "1234_*"), {}, "no-feeds", 2),
        (lambda folder: (folder / "notes.csv").touch(), {}, "unexpected-names", 1),
        (lambda folder: _rewrite(folder, "1234_*.txt", b'","', b'";"'), {}, "other-delimiter", 2),
        (
            lambda folder: _rewrite(folder, "1234_*.txt", b'"EVENT_TYPE_ID"', b'"RIID"'),
            {},
            "duplicate-columns",
            2,
        ),
        (lambda folder: _rewrite(folder, "*.csv", b'"RIID_"', b'"ID"'), {}, "key-column-missing", 2),
        (lambda _: None, {"ready_extension": "done"}, "ready-other-extension", 2),
        (lambda _: None, {"ready_extension": None}, "ready-unused", 1),
        (lambda _: None, {"has_header": False}, "header-unexpected", 2),
        (lambda _: None, {"account_id": "99"}, "other-account", 2),
        (lambda _: None, {"path": "no/such/folder"}, "folder-missing", 2),
        (lambda _: None, {"port": None}, "connection-failed", 2),
        (lambda _: None, STRANGER, "connection-failed", 2),
    ],
)
def test_a_fault_is_one_finding(
    spoil: Callable[[Path], object],
    settings: dict[str, Any],
    found: str,
    exit_code: int,
    tap: Tap,
    exported: Path,
) -> None:
    spoil(exported)
    if settings.get("port", "") is None:
        settings = {"port": free_port()}
    run, report = doctor(tap, settings=settings)
    assert ids(report) == [found]
    assert run.exit_code == exit_code
    text = tap("--doctor", settings=SETTINGS | settings)
    assert text.exit_code == exit_code
    assert found in text.stdout
    assert "Traceback" not in run.stderr + text.stderr


def test_a_feed_that_stopped_names_the_days_left(tap: Tap, exported: Path) -> None:
    state = tap(settings=SETTINGS).state
    _drop(exported, "1234_SENT_*")
    last = job_time(12).date()
    state["bookmarks"]["sent"]["history"] = {"first": f"{last}", "days": "1"}
    run, found = doctor(tap, state=state)
    assert ids(found) == ["window-closing"]
    left = 14 - (datetime.now(UTC).date() - last).days
    assert f"{left} days left" in found["findings"][0]["problem"]
    assert run.exit_code == 1


def test_a_day_without_exports_and_times_of_another_zone(tap: Tap, download: Path) -> None:
    for days_ago in (4, 3, 1, 0):
        export_day(download, days_ago, lag=timedelta(hours=6, minutes=4))
    state = tap(settings=SETTINGS).state
    _, found = doctor(tap, state=state)
    assert ids(found) == ["days-missing", "other-timezone"]
    assert f"{job_time(2):%Y-%m-%d}" in found["findings"][0]["problem"]
    assert "UTC-06:00" in found["findings"][1]["remedy"]
    _, found = doctor(tap, state=state, settings={"streams": ["contacts"]})
    assert list(found["streams"]) == ["contacts"]
    assert ids(found) == []


@pytest.mark.usefixtures("exported")
def test_the_server_and_every_key_are_shown_by_fingerprint(tap: Tap, sshd: SshServer) -> None:
    coming = new_key("rsa2048")
    settings = SETTINGS | {"private_key": (sshd.root / "client_key").read_text(encoding="utf-8")}
    (sshd.root / "client_key").write_text(coming.text("pem"), encoding="utf-8")
    _, found = doctor(tap, settings=settings)
    assert found["server"]["host_key"] == {"type": "ssh-ed25519", "fingerprint": sshd.fingerprint}
    present, next_one = found["keys"]
    assert present | {"fingerprint": ""} == {
        "source": "private_key",
        "type": "ssh-ed25519",
        "bits": 256,
        "age_days": None,
        "fingerprint": "",
    }
    assert next_one == {
        "source": str(sshd.root / "client_key"),
        "type": "ssh-rsa",
        "bits": 2048,
        "age_days": 0,
        "fingerprint": fingerprint(host_key_blob(coming)),
    }
    text = " ".join(tap("--doctor", settings=settings).stdout.split())
    assert f"host key ssh-ed25519 {sshd.fingerprint}" in text
    assert f"private_key: ssh-ed25519, 256 bits, {present['fingerprint']}" in text
    assert f"ssh-rsa, 2048 bits, 0 days old, {next_one['fingerprint']} (RSA keys" in text


@pytest.mark.usefixtures("exported")
def test_a_key_that_others_may_read_and_that_is_old(tap: Tap, tmp_path: Path) -> None:
    key = tmp_path / "sshd" / "client_key"
    old = (datetime.now(UTC) - timedelta(days=400)).timestamp()
    os.utime(key, (old, old))
    _, found = doctor(tap)
    assert ids(found) == ["key-old"]
    assert found["keys"][0]["age_days"] == 400
    key.chmod(0o644)
    _, found = doctor(tap, settings={"key_max_age_days": 500})
    assert ids(found) == ["secret-file-exposed"]


@pytest.mark.usefixtures("exported")
def test_settings_with_a_secret_that_others_may_read(tap: Tap, tmp_path: Path) -> None:
    key = (tmp_path / "sshd" / "client_key").read_text(encoding="utf-8")
    run, found = doctor(tap, settings={"private_key": key})
    assert ids(found) == ["secret-file-exposed"]
    assert found["findings"][0]["problem"].startswith(str(tmp_path / "config.json"))
    assert "PRIVATE KEY" not in run.stdout + run.stderr


@pytest.mark.usefixtures("exported")
def test_a_state_that_is_none(tap: Tap) -> None:
    run, found = doctor(tap, state={"bookmarks": {"sent": {"ledger_version": 99}}})
    assert [(finding["id"], finding["stream"], finding["code"]) for finding in found["findings"]] == [
        ("state-unreadable", "sent", "RSYS-3401")
    ]
    assert run.exit_code == 2


def test_wrong_settings_and_formats_are_one_line(tap: Tap) -> None:
    run = tap("--doctor", settings={"delimiter": "::"})
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.errors[0].startswith("RSYS-1000")
    run = tap("--doctor", "--format", "markdown")
    assert (run.exit_code, run.stdout) == (2, "")
    assert run.errors[0].startswith("RSYS-1031")


def test_the_formats_of_about_are_as_before(tap: Tap) -> None:
    assert json.loads(tap("--about", "--format", "json").stdout)["name"] == "tap-responsys"
    assert tap("--about", "--format", "text").stdout == tap("--about").stdout


def sandbox_findings(folder: Path, exports: ExportOptions, **more: Any) -> list[str]:
    """What the doctor finds in a sandbox with two days of exports, which it was told nothing about."""
    start = (datetime.now(UTC) - timedelta(days=2)).date()
    plan = AccountPlan(contacts=30, start=start, exports=exports)
    with Sandbox(folder, options=SandboxOptions(days=2, plan=plan)) as sandbox:
        prefix = "TAP_RESPONSYS_"
        config: dict[str, Any] = {
            name.removeprefix(prefix).lower(): value
            for name, value in sandbox.settings.items()
            if name.startswith(prefix)
        }
        config |= {"port": int(config["port"]), "ready_extension": "ready", **more}
        run = run_tap(folder, config, "--doctor", "--format", "json")
    return ids(json.loads(run.stdout))


@pytest.mark.parametrize(
    ("exports", "found"),
    [
        (ExportOptions(), []),
        (ExportOptions(compression="zip", ready_name="inner", add_ons=()), []),
        (ExportOptions(delimiter="|"), ["other-delimiter"]),
        (ExportOptions(quote="'"), ["other-enclosure"]),
        (ExportOptions(header=False), ["no-header"]),
        (ExportOptions(encoding="utf-16"), ["other-charset"]),
        (ExportOptions(ready_extension=None), ["ready-missing"]),
        (ExportOptions(ready_extension="done"), ["ready-other-extension"]),
        (ExportOptions(contacts_name="PROFILES_{stamp}.csv"), ["unexpected-names"]),
        (ExportOptions(feeds=tuple(feed for feed in EMAIL_FEEDS if feed != "OPEN")), ["feed-absent"]),
    ],
)
def test_sandboxes_of_other_jobs(exports: ExportOptions, found: list[str], tmp_path: Path) -> None:
    assert sandbox_findings(tmp_path, exports) == found


@needs_gpg
def test_encrypted_exports_need_a_key(tmp_path: Path) -> None:
    exports = ExportOptions(encryption="pgp", compression="zip")
    assert sandbox_findings(tmp_path / "key", exports) == []
    assert sandbox_findings(tmp_path / "none", exports, pgp_private_key_file=None) == ["encrypted"]
