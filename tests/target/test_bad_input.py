"""Each mistake: one clear line, an exit code that tells, and nothing written."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import lines, record, run_target, schema, state

from responsys_io.configuration import settings_from_environment, settings_from_file
from responsys_io.errors import ResponsysError, SettingsError
from target_responsys.settings import SETTINGS
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from pathlib import Path

    from responsys_sandbox.sandbox import Sandbox

CANARY = "canary@example.com"
GOOD = [schema("people", email="string"), record("people", email=CANARY), state(at=1)]
SCHEMA = lines(GOOD[:1])


@pytest.fixture
def refuses(
    sandbox: Sandbox,
    config: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Any:
    """Run the target in this process, expect an error with a code and nothing merged or reported."""

    def run(
        exit_code: int,
        code: str,
        *words: str,
        data: bytes = lines(GOOD),
        settings: dict[str, Any] | None = None,
    ) -> None:
        with pytest.raises(ResponsysError) as raised:
            TargetResponsys(config=without_unset({**config, **(settings or {})})).listen(io.BytesIO(data))  # type: ignore[arg-type]  # takes bytes
        error = raised.value
        assert (error.exit_code, error.code) == (exit_code, code), error
        for word in words:
            assert word in str(error)
        assert CANARY not in str(error)
        assert config["api_password"] not in str(error)
        assert capsys.readouterr().out == ""
        assert [entry.message for entry in caplog.records if entry.levelname == "ERROR"] == []
        assert sum(call.rows for call in sandbox.store.requests()) == 0
        assert not list((sandbox.files / "upload").iterdir())

    return run


@pytest.fixture
def fails(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> Any:
    """Run the command, expect one error line with a code and nothing merged or reported."""

    def run(
        exit_code: int,
        code: str,
        *words: str,
        data: bytes = lines(GOOD),
        settings: dict[str, Any] | None = None,
        **variables: str,
    ) -> None:
        given = without_unset({**config, **(settings or {})})
        arguments = ("--config", "ENV") if variables else ()
        done = run_target(tmp_path, given, data, *arguments, **variables)
        assert len(done.errors) == 1, done.stderr
        assert done.errors[0].startswith(f"{code}: "), done.errors
        for word in words:
            assert word in done.errors[0]
        assert done.exit_code == exit_code
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert CANARY not in done.stderr
        assert config["api_password"] not in done.stderr
        assert sum(call.rows for call in sandbox.store.requests()) == 0

    return run


def without_unset(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if value is not ...}


def test_a_good_run_is_a_good_run(sandbox: Sandbox, config: dict[str, Any], tmp_path: Path) -> None:
    done = run_target(tmp_path, config, lines(GOOD))
    assert (done.exit_code, done.messages, done.errors) == (0, [{"at": 1}], [])
    assert len(sandbox.store.rows("CDP", "people")) == 1
    assert CANARY not in done.stderr


def test_a_wrong_password_is_tried_once(fails: Any, sandbox: Sandbox) -> None:
    fails(2, "RSYS-4002", "INVALID_USER_NAME_PASSWORD", settings={"api_password": "wrong"})
    logins = [call for call in sandbox.store.requests() if call.path.endswith("/auth/token")]
    assert len(logins) == 1


def test_a_host_that_is_not_there(fails: Any) -> None:
    fails(1, "RSYS-4001", "127.0.0.1:9", "refused", settings={"api_url": "https://127.0.0.1:9"})


def test_a_certificate_that_is_not_trusted(refuses: Any) -> None:
    refuses(2, "RSYS-4003", "127.0.0.1", settings={"ca_bundle": ...})


def test_an_end_point_elsewhere(refuses: Any) -> None:
    refuses(2, "RSYS-4008", "allowed_endpoint_hosts", settings={"allowed_endpoint_hosts": []})


def test_a_missing_table(fails: Any) -> None:
    fails(2, "RSYS-5007", "CDP", "people", "create_tables", settings={"create_tables": "never"})


def test_a_missing_folder(refuses: Any) -> None:
    refuses(2, "RSYS-5008", "Nowhere", "folder_name", settings={"folder_name": "Nowhere"})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_url": ...}, ["api_url is missing"]),
        ({"folder_name": "a/b"}, ["folder_name names no folder"]),
        ({"delivery": "fax"}, ["delivery has to be one of: api, sftp"]),
        ({"port": "22"}, ["port has to be of type integer"]),
        ({"batch_size_rows": 500}, ["batch_size_rows does not keep to maximum 200"]),
        ({"tables": {"people": {"tabel": "x"}}}, ["tables"]),
        ({"timezone": "Mars/Olympus"}, ["timezone names no IANA time zone"]),
        ({"encoding": "utf-9"}, ["encoding names no character set"]),
        ({"table_name": "{tabel}"}, ["table_name has a placeholder", "{stream}"]),
        ({"delimiter": '"'}, ["delimiter"]),
        ({"delivery": "sftp", "host": ...}, ["host is missing"]),
        ({"load_method": "mirror"}, ["mirror_state_file is missing"]),
        (
            {"load_method": "mirror", "mirror_state_file": "a", "campaign_id_column": ""},
            ["campaign_id_column is empty"],
        ),
        ({"process_activate_version_messages": True}, ["mirror_state_file is missing"]),
        ({"delivery": "sftp", "hard_delete": True}, ["hard_delete works with delivery api only"]),
        ({"receipt_file": "{run}.json"}, ["receipt_file has a placeholder", "{execution_id}"]),
        ({"load_method": "overwrite"}, ["load_method has to be one of: upsert, insert-only, append, mirror"]),
    ],
)
def test_malformed_settings(refuses: Any, settings: dict[str, Any], words: list[str]) -> None:
    refuses(2, "RSYS-1000", *words, settings=settings)


def test_a_malformed_variable(fails: Any) -> None:
    fails(2, "RSYS-1004", "TARGET_RESPONSYS_TABLES", "JSON", TARGET_RESPONSYS_TABLES="{people")


@pytest.mark.parametrize(("name", "text"), [("port", "many"), ("connect_timeout", "soon")])
def test_variables_that_are_no_numbers(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"TARGET_RESPONSYS_{name.upper()}", text)
    with pytest.raises(SettingsError, match=f"RSYS-1004.*TARGET_RESPONSYS_{name.upper()}") as raised:
        settings_from_environment({name: SETTINGS[name]}, "TARGET_RESPONSYS_")
    assert text not in str(raised.value)


def test_variables_that_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TARGET_RESPONSYS_CONNECT_TIMEOUT", "2.5")
    names = {"connect_timeout": SETTINGS["connect_timeout"]}
    assert settings_from_environment(names, "TARGET_RESPONSYS_") == {"connect_timeout": 2.5}


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_settings_file_that_is_none(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "other.json"
    if content:
        path.write_text(content)
    with pytest.raises(SettingsError, match="RSYS-1010: The settings file .*other.json"):
        settings_from_file(str(path))


def test_an_unknown_host_key(fails: Any) -> None:
    unknown = {"delivery": "sftp", "host_key_fingerprint": ...}
    fails(2, "RSYS-1204", "SHA256:", "host_key_fingerprint", settings=unknown)


def test_another_host_key_and_a_missing_key(refuses: Any, tmp_path: Path) -> None:
    sftp = {"delivery": "sftp"}
    refuses(2, "RSYS-1203", settings={**sftp, "host_key_fingerprint": "SHA256:" + "A" * 43})
    refuses(2, "RSYS-1002", settings={**sftp, "private_key_file": str(tmp_path / "no-such-key")})


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (SCHEMA + b"canary@example.com\n", "RSYS-6001", "Line 2"),
        (SCHEMA + lines(GOOD[1:2])[:-20], "RSYS-6001", "Line 2 of the input breaks off"),
        (SCHEMA + b'{"stream": "people"}\n', "RSYS-6002", "Line 2"),
        (SCHEMA + b'{"type": "canary@example.com"}\n', "RSYS-6002", "Line 2"),
        (lines(GOOD[1:]), "RSYS-6009", "people before its SCHEMA"),
        (SCHEMA + b'{"type": "RECORD", "stream": "people"}\n', "RSYS-6004", "line 2"),
        (
            SCHEMA + lines([record("people")]),
            "RSYS-6007",
            "lacks email, which is part of its key. Correct the tap: a",
        ),
        (SCHEMA + lines([record("people", email={"x": CANARY})]), "RSYS-6006", "at email (rule type)"),
        (b'{"type": "SCHEMA", "stream": "s", "schema": {}}\n', "RSYS-6004", "line 1"),
        (
            lines([schema("s", ("a",), a={"type": CANARY})]).replace(b"canary@example.com", b"no-such-type"),
            "RSYS-6005",
            "stream s",
        ),
    ],
)
def test_malformed_input(refuses: Any, data: bytes, code: str, words: str) -> None:
    refuses(1, code, words, data=data)


def test_the_command_says_it_in_one_line(fails: Any) -> None:
    fails(1, "RSYS-6001", "Line 2", data=SCHEMA + b"canary@example.com\n")
    fails(1, "RSYS-6009", "people before its SCHEMA", data=lines(GOOD[1:]))
    fails(2, "RSYS-1000", "api_url is missing", settings={"api_url": ...})


def test_a_map_that_cannot_be_computed(fails: Any) -> None:
    maps = {"people": {"x": "no_such_function(email)"}}
    fails(2, "RSYS-1009", "stream_maps", settings={"stream_maps": maps})


def test_what_the_target_says_of_itself(tmp_path: Path) -> None:
    about = json.loads(run_target(tmp_path, {}, b"", "--about", "--format=json").stdout)
    settings = about["settings"]["properties"]
    assert settings["load_method"]["enum"] == ["upsert", "insert-only", "append", "mirror", None]
    assert settings["batch_size_rows"]["maximum"] == 200
    assert {"add_record_metadata", "validate_records", "stream_maps", "flattening_enabled"} <= settings.keys()
    assert "batch_config" not in settings
    assert settings["process_activate_version_messages"]["default"] is False
    assert all(setting.get("title") and setting.get("description") for setting in settings.values())
    secrets = {name for name, setting in settings.items() if setting.get("writeOnly")}
    assert secrets == {
        "api_password",
        "api_private_key",
        "api_private_key_passphrase",
        "password",
        "pgp_passphrase",
        "pgp_private_key",
        "private_key",
        "private_key_passphrase",
        "proxy_password",
    }
