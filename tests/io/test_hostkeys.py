from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.keys import host_key_blob, new_key

from responsys_io.errors import SettingsError
from responsys_io.hostkeys import HostKeyPolicy, fingerprint, parse_fingerprints, read_known_hosts

if TYPE_CHECKING:
    from pathlib import Path

KEY, OTHER = new_key("ed25519"), new_key("ed25519")
BLOB = host_key_blob(KEY)


def policy(tmp_path: Path, *lines: str) -> HostKeyPolicy:
    path = tmp_path / "known_hosts"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return HostKeyPolicy(known_hosts=read_known_hosts(path))


def hashed(name: str) -> str:
    salt = b"0123456789abcdefghij"
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def test_fingerprint_is_what_ssh_keygen_prints(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(KEY.public, encoding="utf-8")
    printed = subprocess.run(
        ["ssh-keygen", "-lf", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True
    ).stdout
    assert fingerprint(BLOB) == printed.split()[1]


@pytest.mark.parametrize(
    "line",
    [
        "files.example.com {key}",
        "other.example.com,files.example.com {key}",
        "*.example.com {key}",
        hashed("files.example.com") + " {key}",
    ],
)
def test_a_known_host_is_accepted(line: str, tmp_path: Path) -> None:
    policy(tmp_path, "# comment", "junk", line.format(key=KEY.public)).verify(
        "files.example.com", 22, "ssh-ed25519", BLOB
    )


@pytest.mark.parametrize(
    "line",
    [
        "[files.example.com]:2222 {key}",
        hashed("[files.example.com]:2222") + " {key}",
    ],
)
def test_a_port_other_than_22_is_part_of_the_name(line: str, tmp_path: Path) -> None:
    known = policy(tmp_path, line.format(key=KEY.public))
    known.verify("files.example.com", 2222, "ssh-ed25519", BLOB)
    with pytest.raises(SettingsError, match="RSYS-1204"):
        known.verify("files.example.com", 22, "ssh-ed25519", BLOB)


@pytest.mark.parametrize(
    "line",
    [
        "!files.example.com,*.example.com {key}",
        "@cert-authority *.example.com {key}",
        "files.example.com ssh-ed25519 not-base64!",
        "",
    ],
)
def test_an_unknown_host_is_refused_with_what_to_paste(line: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RSYS-1204") as caught:
        policy(tmp_path, line.format(key=KEY.public)).verify("files.example.com", 22, "ssh-ed25519", BLOB)
    assert f"set host_key_fingerprint to {fingerprint(BLOB)}" in str(caught.value)


def test_another_key_than_the_known_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RSYS-1203"):
        policy(tmp_path, f"files.example.com {OTHER.public}").verify(
            "files.example.com", 22, "ssh-ed25519", BLOB
        )
    with pytest.raises(SettingsError, match="RSYS-1203"):
        HostKeyPolicy([fingerprint(host_key_blob(OTHER))]).verify(
            "files.example.com", 22, "ssh-ed25519", BLOB
        )


def test_a_revoked_key_is_refused_even_when_it_is_known(tmp_path: Path) -> None:
    known = policy(tmp_path, f"files.example.com {KEY.public}", f"@revoked * {KEY.public}")
    with pytest.raises(SettingsError, match="RSYS-1202"):
        known.verify("files.example.com", 22, "ssh-ed25519", BLOB)


def test_during_a_key_change_one_of_two_fingerprints_has_to_match() -> None:
    both = parse_fingerprints(f"{fingerprint(host_key_blob(OTHER))}, {fingerprint(BLOB)}")
    HostKeyPolicy(both).verify("files.example.com", 22, "ssh-ed25519", BLOB)


@pytest.mark.parametrize("text", ["MD5:aa:bb", "SHA256:short", "A" * 43])
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="RSYS-1201"):
        parse_fingerprints(text)


def test_a_missing_known_hosts_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RSYS-1205: known_hosts_file .*absent"):
        read_known_hosts(tmp_path / "absent")
