"""Servers that are too old, or show another kind of key, or want to talk."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from support.dialogue import dialogue_server
from support.keys import new_key
from support.openssh import SSHD, openssh_server

from responsys_io.errors import SettingsError
from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(SSHD is None, reason="no sshd here")
IMPATIENT = Retry(limit=2, sleep=lambda _: None)


def rsa_host_key(folder: Path) -> str:
    """Write another host key; return the line of sshd's configuration for it."""
    path = folder / "rsa_host_key"
    path.write_text(new_key("rsa2048").openssh, encoding="utf-8")
    path.chmod(0o600)
    return f"HostKey {path}"


@pytest.mark.parametrize(
    ("old", "code"),
    [
        (["KexAlgorithms diffie-hellman-group1-sha1"], "RSYS-2002"),
        (["HostKeyAlgorithms ssh-rsa"], "RSYS-2002"),
        (["Ciphers 3des-cbc"], "RSYS-2002"),
        (["MACs hmac-sha1", "Ciphers aes128-ctr"], "RSYS-2002"),
    ],
)
def test_a_server_that_is_too_old_is_said_to_be(old: list[str], code: str, tmp_path: Path) -> None:
    with (
        openssh_server(tmp_path / "sshd", *old, rsa_host_key(tmp_path)) as sshd,
        pytest.raises(SettingsError, match=f"{code}: .* offers no algorithm that is considered safe"),
    ):
        FileServer.connect(FileServerLogin.from_config(sshd.config), retry=IMPATIENT)


def test_a_server_that_takes_sha1_signatures_only_refuses_the_key(tmp_path: Path) -> None:
    rsa = new_key("rsa2048")
    with openssh_server(tmp_path / "sshd", "PubkeyAcceptedAlgorithms ssh-rsa") as sshd:
        sshd.accept(rsa.public)
        config = {**sshd.config, "private_key": rsa.openssh, "private_key_file": None}
        with pytest.raises(SettingsError, match="RSYS-2003: .* refused user .* with the private key"):
            FileServer.connect(FileServerLogin.from_config(config), retry=IMPATIENT)


def test_the_key_of_a_type_that_is_known_is_asked_for(tmp_path: Path) -> None:
    """The server has two; it would show the other one first."""
    with openssh_server(tmp_path / "sshd", rsa_host_key(tmp_path)) as sshd:
        key = subprocess.check_output(["ssh-keygen", "-y", "-f", str(tmp_path / "rsa_host_key")], text=True)
        known = tmp_path / "known_hosts"
        known.write_text(f"[127.0.0.1]:{sshd.port} {key}", encoding="utf-8")
        config = {**sshd.config, "host_key_fingerprint": None, "known_hosts_file": str(known)}
        with FileServer.connect(FileServerLogin.from_config(config), retry=IMPATIENT) as server:
            assert server.host_key is not None
            assert server.host_key.type == "ssh-rsa"
            assert server.list("download") == []


def test_a_server_that_takes_neither_key_nor_password_is_asked_once(tmp_path: Path) -> None:
    asking = ("PubkeyAuthentication no", "PasswordAuthentication no", "KbdInteractiveAuthentication yes")
    pauses: list[float] = []
    patience = Retry(limit=3, sleep=pauses.append)
    with (
        openssh_server(tmp_path / "sshd", *asking) as sshd,
        pytest.raises(SettingsError, match="RSYS-2003: .* refused user"),
    ):
        FileServer.connect(FileServerLogin.from_config(sshd.config), retry=patience)
    assert pauses == []


@pytest.mark.parametrize(
    ("credential", "code", "dialogues"),
    [
        ("key", "RSYS-2004: .* wants keyboard-interactive besides", 0),
        ("password", "RSYS-2003: .* password", 1),
    ],
)
def test_a_server_that_wants_a_dialogue_is_refused_at_once(
    credential: str, code: str, dialogues: int
) -> None:
    """To a dialogue about a password alone the password is the answer; nobody is there for any other."""
    given = {"private_key": new_key("ed25519").openssh} if credential == "key" else {"password": "p"}
    pauses: list[float] = []
    with dialogue_server() as server:
        place = {"host": "127.0.0.1", "port": server.port, "username": "u"}
        config = {**place, "host_key_fingerprint": server.fingerprint, **given}
        with pytest.raises(SettingsError, match=code):
            FileServer.connect(FileServerLogin.from_config(config), retry=Retry(limit=3, sleep=pauses.append))
        assert (len(server.sessions), len(server.asked), pauses) == (1, dialogues, [])
