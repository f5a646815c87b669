"""The sandbox as a whole, as tests and the command line use it."""

from __future__ import annotations

import csv
import json
import ssl
import stat
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import paramiko
import pytest

from responsys_sandbox.account import AccountError, AccountPlan
from responsys_sandbox.certificates import ensure_certificates
from responsys_sandbox.exportoptions import ExportOptions
from responsys_sandbox.sandbox import Sandbox, SandboxOptions

if TYPE_CHECKING:
    from pathlib import Path

SMALL = AccountPlan(contacts=40)


def log_in(settings: dict[str, str]) -> dict[str, str]:
    form = {
        "auth_type": "password",
        "user_name": settings["TARGET_RESPONSYS_API_USERNAME"],
        "password": settings["TARGET_RESPONSYS_API_PASSWORD"],
    }
    request = urllib.request.Request(  # noqa: S310 - https, as asserted by its tests
        settings["TARGET_RESPONSYS_API_URL"] + "/rest/api/v1.3/auth/token", urlencode(form).encode()
    )
    trust = ssl.create_default_context(cafile=settings["TARGET_RESPONSYS_CA_BUNDLE"])
    trust.verify_flags |= ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(request, context=trust) as response:  # noqa: S310
        answer: dict[str, str] = json.load(response)
    return answer


def test_settings_open_both_doors(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(plan=SMALL)) as sandbox:
        settings = sandbox.settings
        answer = log_in(settings)
        assert answer["authToken"]
        host = urlsplit(answer["endPoint"]).hostname
        assert host in json.loads(settings["TARGET_RESPONSYS_ALLOWED_ENDPOINT_HOSTS"])
        assert answer["endPoint"] != settings["TARGET_RESPONSYS_API_URL"]
        for plugin, folder in (("TAP", settings["TAP_RESPONSYS_PATH"]), ("TARGET", "upload")):
            with paramiko.SSHClient() as client:
                client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
                client.connect(
                    settings[f"{plugin}_RESPONSYS_HOST"],
                    int(settings[f"{plugin}_RESPONSYS_PORT"]),
                    settings[f"{plugin}_RESPONSYS_USERNAME"],
                    key_filename=settings[f"{plugin}_RESPONSYS_PRIVATE_KEY_FILE"],
                )
                transport = client.get_transport()
                assert transport
                key = transport.get_remote_server_key()
                assert key.fingerprint == settings[f"{plugin}_RESPONSYS_HOST_KEY_FINGERPRINT"]
                names = client.open_sftp().listdir(folder)
                assert len(names) == (22 if plugin == "TAP" else 0)


def test_the_tap_gets_the_api_only_when_asked(tmp_path: Path) -> None:
    for asked in (False, True):
        with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL, api_for_tap=asked)) as sandbox:
            settings = sandbox.settings
        names = {name for name in settings if name.startswith("TAP_RESPONSYS_")}
        for name in ("API_URL", "API_USERNAME", "API_PASSWORD", "CA_BUNDLE", "ALLOWED_ENDPOINT_HOSTS"):
            assert (f"TAP_RESPONSYS_{name}" in names) is asked
            if asked:
                assert settings[f"TAP_RESPONSYS_{name}"] == settings[f"TARGET_RESPONSYS_{name}"]


def test_tables_folder_exists(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL)) as sandbox:
        assert sandbox.store.folder(sandbox.settings["TARGET_RESPONSYS_FOLDER_NAME"])


def test_the_folder_can_be_used_again(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=2, plan=SMALL)) as sandbox:
        first = sandbox.settings
        names = {path.name for path in (sandbox.files / "download").iterdir()}
    with Sandbox(tmp_path, options=SandboxOptions(days=1)) as sandbox:
        second = sandbox.settings
        assert {path.name for path in (sandbox.files / "download").iterdir()} == names
        assert log_in(second)
        assert sandbox.account.days == 2
    kept = "TAP_RESPONSYS_HOST_KEY_FINGERPRINT"
    assert first[kept] == second[kept]


def test_two_sandboxes_at_once(tmp_path: Path) -> None:
    options = SandboxOptions(days=0, plan=SMALL)
    with (
        Sandbox(tmp_path / "one", options=options) as one,
        Sandbox(tmp_path / "two", options=options) as two,
    ):
        name = "TAP_RESPONSYS_PORT"
        assert one.settings[name] != two.settings[name]


def test_days_can_be_added_while_it_runs(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL)) as sandbox:
        assert not list((sandbox.files / "download").iterdir())
        assert set(sandbox.account.add_days(2)) == set((sandbox.files / "download").iterdir())


def test_no_ready_extension_no_setting(tmp_path: Path) -> None:
    plan = AccountPlan(contacts=40, exports=ExportOptions(ready_extension=None))
    with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=plan)) as sandbox:
        assert "TAP_RESPONSYS_READY_EXTENSION" not in sandbox.settings


def test_secrets_are_the_owners_only(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL)) as sandbox:
        for path in (
            sandbox.folder / "settings.json",
            *(sandbox.keys / name for name in ("host_key", "client_key", "server.pem")),
        ):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads((sandbox.folder / "settings.json").read_text()) == sandbox.settings


def test_a_start_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL)):
        pass
    (tmp_path / "keys" / "server.pem").write_text("no certificate")
    with (
        pytest.raises(ssl.SSLError),
        Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL)),
    ):
        pass


def test_another_account_needs_another_folder(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=0, plan=SMALL)):
        pass
    with (
        pytest.raises(AccountError, match="choose another folder"),
        Sandbox(tmp_path, options=SandboxOptions(plan=AccountPlan(seed=99))),
    ):
        pass


def test_certificates_are_made_once(tmp_path: Path) -> None:
    authority = ensure_certificates(tmp_path).read_bytes()
    assert ensure_certificates(tmp_path).read_bytes() == authority


def test_the_contacts_of_the_exports_can_be_members_of_the_list(tmp_path: Path) -> None:
    with Sandbox(tmp_path, options=SandboxOptions(days=1, plan=SMALL)) as sandbox:
        (profile_list,) = sandbox.store.lists.lists()
        assert sandbox.store.lists.members(profile_list) == []
        for _ in range(2):
            sandbox.fill_list()
        members = {member["RIID_"]: member for member in sandbox.store.lists.members(profile_list)}
        (export,) = (sandbox.files / "download").glob("CONTACT_LIST*.csv")
        with export.open(encoding="utf-8", newline="") as lines:
            exported = list(csv.DictReader(lines, delimiter=SMALL.exports.delimiter))
        assert members.keys() == {row["RIID_"] for row in exported}
        for row in exported:
            member = members[row["RIID_"]]
            for name in ("EMAIL_ADDRESS_", "EMAIL_PERMISSION_STATUS_", "CUSTOMER_ID_", "LOYALTY_TIER"):
                assert member[name] == (row[name] or None)
