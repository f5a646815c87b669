"""The file server, talked to by paramiko."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko
import pytest
from support.keys import new_key

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.keys import ensure_key, fingerprint
from responsys_sandbox.sftp import HOME_FOLDERS, FileServer, SftpOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Running:
    server: FileServer
    options: SftpOptions
    files: Path
    keys: Path
    fingerprint: str

    @contextlib.contextmanager
    def client(self, **sign_in: object) -> Iterator[paramiko.SSHClient]:
        settings = {"username": "acme_scp", "key_filename": str(self.keys / "client_key"), **sign_in}
        with paramiko.SSHClient() as client:
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(
                "127.0.0.1",
                self.server.port,
                allow_agent=False,
                look_for_keys=False,
                timeout=10,
                **settings,  # type: ignore[arg-type]  # paramiko's own names
            )
            yield client

    @contextlib.contextmanager
    def sftp(self) -> Iterator[paramiko.SFTPClient]:
        with self.client() as client, client.open_sftp() as sftp:
            yield sftp


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    files, keys = tmp_path / "files", tmp_path / "keys"
    for path in (*(files / name for name in HOME_FOLDERS), keys):
        path.mkdir(parents=True)
    host = ensure_key(keys / "host_key")
    (keys / "authorized_keys").write_text(ensure_key(keys / "client_key") + "\n")
    options = SftpOptions()
    server = FileServer(files, keys / "host_key", keys / "authorized_keys", options)
    with BackgroundLoop() as loop:
        loop.run(server.start())
        yield Running(server, options, files, keys, fingerprint(host))
        loop.run(server.stop())


def test_home_is_what_oracles_server_gives(running: Running) -> None:
    with running.sftp() as sftp:
        assert set(sftp.listdir(".")) == {"upload", "download", "archive"}
        assert sftp.normalize(".") == "/"
        (running.files / "download" / "a.txt").write_text("exported")
        for path in ("download/a.txt", "/download/a.txt", "/home/cli/acme_scp/download/a.txt"):
            with sftp.open(path) as file:
                assert file.read() == b"exported"


def test_files_can_be_uploaded_renamed_and_removed(running: Running) -> None:
    with running.sftp() as sftp:
        sftp.putfo(io.BytesIO(b"rows"), "upload/.a.part")
        sftp.posix_rename("upload/.a.part", "upload/a.csv")
        assert (running.files / "upload" / "a.csv").read_bytes() == b"rows"
        sftp.remove("upload/a.csv")
    assert not (running.files / "upload" / "a.csv").exists()


def test_nothing_outside_the_home_can_be_reached(running: Running) -> None:
    (running.files.parent / "secret").write_text("secret")
    with running.sftp() as sftp:
        for path in ("../secret", "/../secret", str(running.files.parent / "secret")):
            with pytest.raises(FileNotFoundError):
                sftp.stat(path)


def test_the_host_key_is_the_one_of_the_fingerprint(running: Running) -> None:
    with running.client() as client:
        transport = client.get_transport()
        assert transport
        assert transport.get_remote_server_key().fingerprint == running.fingerprint


def test_there_is_no_shell(running: Running) -> None:
    with running.client() as client, pytest.raises(paramiko.SSHException):
        client.exec_command("true")


def test_a_stranger_is_refused(running: Running, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    stranger.write_text(new_key("ed25519").openssh)
    refused = paramiko.AuthenticationException
    with pytest.raises(refused), running.client(key_filename=str(stranger)):
        pass
    with pytest.raises(refused), running.client(username="somebody"):
        pass
    with pytest.raises(refused), running.client(key_filename=None, password="guess"):
        pass


def test_further_keys_of_any_kind_can_be_installed(running: Running, tmp_path: Path) -> None:
    pair, path = new_key("rsa2048"), tmp_path / "rsa"
    path.write_text(pair.openssh)
    with (running.keys / "authorized_keys").open("a") as file:
        file.write(f"{pair.public} tagged by somebody\n")
    with running.client(key_filename=str(path)) as client:
        assert client.get_transport()


def test_passwords_where_they_are_switched_on(running: Running) -> None:
    running.options.password = "pass wörd"
    with running.client(key_filename=None, password="pass wörd") as client:
        assert client.open_sftp().listdir("upload") == []
    with (
        pytest.raises(paramiko.AuthenticationException),
        running.client(key_filename=None, password="pass word"),
    ):
        pass


def test_keys_can_be_refused(running: Running) -> None:
    running.options.refuse_keys = True
    with pytest.raises(paramiko.AuthenticationException), running.client():
        pass


def test_a_read_only_server_changes_nothing(running: Running) -> None:
    running.options.read_only = True
    (running.files / "upload" / "a.csv").write_text("kept")
    with running.sftp() as sftp:
        assert sftp.open("upload/a.csv").read() == b"kept"
        for change in (
            lambda: sftp.open("upload/b.csv", "w"),
            lambda: sftp.open("upload/a.csv", "a"),
            lambda: sftp.remove("upload/a.csv"),
            lambda: sftp.rename("upload/a.csv", "upload/b.csv"),
            lambda: sftp.mkdir("upload/c"),
            lambda: sftp.truncate("upload/a.csv", 0),
        ):
            with pytest.raises(PermissionError):
                change()
    assert (running.files / "upload" / "a.csv").read_text() == "kept"


def test_a_banner_is_sent_before_sign_in(running: Running) -> None:
    running.options.banner = "Authorised use only\n"
    with running.client() as client:
        transport = client.get_transport()
        assert transport
        assert transport.get_banner() == b"Authorised use only\n"


def test_stopping_drops_connections(tmp_path: Path) -> None:
    (tmp_path / "download").mkdir()
    ensure_key(tmp_path / "host_key")
    (tmp_path / "authorized_keys").write_text(ensure_key(tmp_path / "client_key"))
    server = FileServer(tmp_path, tmp_path / "host_key", tmp_path / "authorized_keys", SftpOptions())
    running = Running(server, SftpOptions(), tmp_path, tmp_path, "")
    with BackgroundLoop() as loop:
        loop.run(server.start())
        with running.client() as client:
            sftp = client.open_sftp()
            loop.run(server.stop())
            with pytest.raises((EOFError, OSError, paramiko.SSHException)):
                sftp.listdir("download")
