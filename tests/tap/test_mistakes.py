"""What a user can get wrong: one clear line, a non-zero exit code, nothing read."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest
from support.exports import write_opens
from support.keys import new_key
from support.openssh import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.plugins import Run

SECRET = "s3cret-that-nobody-should-see"
ENCRYPTED = new_key("rsa2048").text("openssh", SECRET)
STRANGERS = new_key("ed25519").openssh


@pytest.mark.parametrize(
    ("settings", "exit_code", "line"),
    [
        ({"host": "no-such-host.invalid"}, 1, "RSYS-2001: no-such-host.invalid:.* cannot be reached"),
        ({"port": None}, 1, "RSYS-2001: 127.0.0.1:22 cannot be reached"),
        ({"private_key": STRANGERS, "private_key_file": None}, 2, "RSYS-2003: .* refused user"),
        (
            {"private_key": ENCRYPTED},
            2,
            "RSYS-1108: The key in private_key is encrypted and private_key_passphrase",
        ),
        (
            {"private_key": ENCRYPTED, "private_key_passphrase": "wrong"},
            2,
            "RSYS-1104: The passphrase does not open",
        ),
        ({"private_key_file": "/no/such/key"}, 2, "RSYS-1002: private_key_file /no/such/key cannot be read"),
        (
            {"host_key_fingerprint": None},
            2,
            "RSYS-1204: The host key of .* is not known.*set host_key_fingerprint to SHA",
        ),
        (
            {"host_key_fingerprint": "MD5:aa"},
            2,
            "RSYS-1201: host_key_fingerprint is not a SHA256 fingerprint",
        ),
        ({"pgp_private_key": STRANGERS}, 2, "RSYS-1303: pgp_private_key holds no PGP key"),
        ({"pgp_public_key_file": "/no/such/key"}, 2, "RSYS-1302: pgp_public_key_file /no/such/key cannot"),
        ({"path": "no/such/folder"}, 2, "RSYS-2101: There is no folder no/such/folder"),
        ({"host": None}, 2, "RSYS-1000: Setting host is missing"),
        ({"private_key_file": None}, 2, "RSYS-1001: .*incomplete: private_key_file missing"),
        ({"path": "[download"}, 2, "RSYS-1000: Setting path looks like a list in JSON"),
        ({"after_read": "archive", "archive_path": "here"}, 2, "archive_path has to begin with sftp:"),
        ({"port": SECRET}, 2, "RSYS-1000: Setting port has to be of type integer"),
        ({"private_key": [SECRET]}, 2, "RSYS-1000: Setting private_key has to be of type string"),
        ({"on_error": "explode"}, 2, "RSYS-1000: Setting on_error has to be one of: quarantine, fail"),
        ({"encoding": "klingon"}, 2, "RSYS-1000: Setting encoding names no character set"),
        ({"timezone": "Mars/Olympus"}, 2, "RSYS-1000: Setting timezone names no IANA time zone"),
        ({"start_date": "yesterday"}, 2, "RSYS-1000: Setting start_date is no date in ISO 8601 form"),
        ({"delimiter": "::"}, 2, "RSYS-1000: Setting delimiter has to be one character"),
    ],
)
def test_wrong_settings(
    settings: dict[str, Any], exit_code: int, line: str, tap: Callable[..., Run], download: Path
) -> None:
    write_opens(download, 3, [1])
    if settings.get("port", "") is None:
        settings = {"port": free_port()}
        line = line.replace(":22 ", f":{settings['port']} ")
    run = tap(settings=settings)
    assert run.exit_code == exit_code
    assert run.records == {}
    assert len(run.errors) == 1
    assert re.search(line, run.errors[0]), run.errors
    assert SECRET not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_server_that_never_answers_is_one_line_too(tap: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        run = tap(settings={"port": silent.getsockname()[1], "connect_timeout": 0.3})
    assert run.exit_code == 1
    assert len(run.errors) == 1
    assert "RSYS-2001" in run.errors[0]
    assert "Traceback" not in run.stderr


def test_one_line_with_a_catalog_too(tap: Callable[..., Run], download: Path) -> None:
    write_opens(download, 3, [1])
    catalog = json.loads(tap("--discover").stdout)
    run = tap(catalog=catalog, settings={"path": "nowhere"})
    assert (run.exit_code, run.records) == (2, {})
    assert len(run.errors) == 1
    assert "RSYS-2101" in run.errors[0]


@pytest.mark.parametrize(
    ("option", "content", "line"),
    [
        ("--config", None, "RSYS-1010: The settings file .* cannot be used"),
        ("--config", "{", "RSYS-1010: .*it is not valid JSON"),
        ("--state", '{"bookmarks": {"open": {"files": 5}}}', "RSYS-3401: The state of stream open"),
    ],
)
def test_wrong_files(
    option: str, content: str | None, line: str, tap: Callable[..., Run], tmp_path: Path, download: Path
) -> None:
    write_opens(download, 3, [1])
    path = tmp_path / "given.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    run = tap(option, str(path))
    assert run.exit_code in {1, 2}
    assert [error for error in run.errors if re.search(line, error)], run.errors
    assert "Traceback" not in run.stderr
    assert '"RECORD"' not in run.stdout


def test_the_connection_test_passes_and_fails(tap: Callable[..., Run], download: Path) -> None:
    write_opens(download, 3, [1, 2, 3])
    assert tap("--test").exit_code == 0
    failed = tap("--test", settings={"path": "nowhere"})
    assert failed.exit_code == 2
    assert "RSYS-2101" in failed.errors[0]


def test_about_and_discovery(tap: Callable[..., Run], download: Path) -> None:
    write_opens(download, 3, [1])
    about = json.loads(tap("--about", "--format=json").stdout)
    properties = about["settings"]["properties"]
    assert all(setting.get("description") for setting in properties.values())
    assert {name for name, setting in properties.items() if setting.get("secret")} == {
        "password",
        "private_key",
        "private_key_passphrase",
        "api_password",
        "api_private_key",
        "api_private_key_passphrase",
        "proxy_password",
        "pgp_private_key",
        "pgp_passphrase",
    }
    assert "batch" not in about["capabilities"]
    assert "| host " in tap("--about", "--format=markdown").stdout
    streams = {stream["tap_stream_id"]: stream for stream in json.loads(tap("--discover").stdout)["streams"]}
    assert len(streams) == 66
    assert streams["open"]["replication_method"] == "INCREMENTAL"
    assert all(column.get("description") for column in streams["open"]["schema"]["properties"].values())
    by_default = {
        name
        for name, stream in streams.items()
        if any(
            entry["breadcrumb"] == [] and entry["metadata"].get("selected") for entry in stream["metadata"]
        )
    }
    assert by_default == {
        "sent",
        "open",
        "click",
        "bounce",
        "opt_in",
        "opt_out",
        "launch_state",
        "contacts",
        "rejected_rows",
    }
