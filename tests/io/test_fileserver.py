from __future__ import annotations

import hashlib
import io
import os
import random
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko
import pytest
from support.embedded import embedded_server
from support.keys import new_key
from support.openssh import SSHD, SshServer, free_port, openssh_server
from support.stallingproxy import stalling_proxy

from responsys_io.errors import SettingsError, TransientError
from responsys_io.files import FileUnavailableError, RemoteFile
from responsys_io.fileserver import FileServer
from responsys_io.hostkeys import fingerprint
from responsys_io.login import FileServerLogin
from responsys_io.retry import Retry
from responsys_sandbox.sftp import SftpOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

IMPATIENT = Retry(limit=3, sleep=lambda _: None)


@pytest.fixture
def server(sshd: SshServer) -> Iterator[FileServer]:
    with FileServer(FileServerLogin.from_config(sshd.config), retry=IMPATIENT) as session:
        yield session


def listed(server: FileServer, name: str) -> RemoteFile:
    return next(file for file in server.list("download") if file.name == name)


def test_lists_regular_files_only(sshd: SshServer, server: FileServer) -> None:
    folder = sshd.files / "download"
    (folder / "a.txt").write_bytes(b"12345")
    (folder / "folder.txt").mkdir()
    (folder / "link.txt").symlink_to(folder / "a.txt")
    os.mkfifo(folder / "fifo.txt")
    os.utime(folder / "a.txt", (1_600_000_000, 1_600_000_000))
    assert server.list("download") == [RemoteFile("download/a.txt", 5, 1_600_000_000)]
    assert server.stat("download/none.txt") is None


def test_reads_what_is_there_across_windows_and_seeks(sshd: SshServer, server: FileServer) -> None:
    content = random.Random(1).randbytes(3_000_017)
    (sshd.files / "download" / "big.bin").write_bytes(content)
    with server.open(listed(server, "big.bin")) as remote:
        assert io.BufferedReader(remote, 1 << 16).read() == content
    with server.open(listed(server, "big.bin")) as remote:
        remote.seek(-22, io.SEEK_END)
        assert remote.read(100) == content[-22:]
        remote.seek(1_000_000)
        assert remote.read(10) == content[1_000_000:1_000_010]


def test_goes_on_in_the_middle_of_a_file_when_the_connection_is_cut(
    sshd: SshServer, server: FileServer
) -> None:
    content = random.Random(2).randbytes(24_000_000)
    (sshd.files / "download" / "big.bin").write_bytes(content)
    digest = hashlib.sha256()
    with server.open(listed(server, "big.bin")) as remote:
        for number, block in enumerate(iter(lambda: remote.read(1 << 20), b"")):
            digest.update(block)
            if number % 6 == 3:
                sshd.cut_sessions()
    assert digest.digest() == hashlib.sha256(content).digest()


@pytest.mark.parametrize("change", ["longer", "shorter", "gone", "same size"])
def test_a_file_that_changes_while_it_is_read_is_never_mixed(
    change: str, sshd: SshServer, server: FileServer
) -> None:
    path = sshd.files / "download" / "big.bin"
    path.write_bytes(b"a" * 20_000_000)
    file = listed(server, "big.bin")
    with server.open(file) as remote:
        remote.read(1000)
        if change == "gone":
            path.unlink()
        else:
            size = {"longer": 21_000_000, "shorter": 10_000_000, "same size": 20_000_000}[change]
            path.write_bytes(b"b" * size)
            os.utime(path, (file.mtime, file.mtime))
        sshd.cut_sessions()
        code = "RSYS-2202" if change == "gone" else "RSYS-2201"
        with pytest.raises(FileUnavailableError, match=code):
            while remote.read(1 << 20):
                pass


def test_reads_small_files_together_that_are_what_was_listed(sshd: SshServer, server: FileServer) -> None:
    folder = sshd.files / "download"
    for number in range(5):
        (folder / f"{number}.txt").write_bytes(b"%d" % number * 100_000)
    whole, longer, later, gone, forbidden = sorted(server.list("download"))
    (folder / "1.txt").write_bytes(b"1" * 100_001)
    os.utime(folder / "1.txt", (longer.mtime, longer.mtime))
    os.utime(folder / "2.txt", (later.mtime + 1, later.mtime + 1))
    (folder / "3.txt").unlink()
    if os.geteuid():
        (folder / "4.txt").chmod(0)
    else:
        (folder / "4.txt").unlink()
    assert server.fetch([whole, longer, later, gone, forbidden]) == {whole: b"0" * 100_000}
    assert server.fetch([]) == {}


def test_small_files_are_read_again_after_a_lost_connection(sshd: SshServer, server: FileServer) -> None:
    (sshd.files / "download" / "a.txt").write_bytes(b"a")
    file = listed(server, "a.txt")
    sshd.cut_sessions()
    assert server.fetch([file]) == {file: b"a"}


def test_uploads_under_the_final_name_only_when_complete(sshd: SshServer, server: FileServer) -> None:
    content = random.Random(3).randbytes(700_001)
    (sshd.files / "upload" / "audience.csv").write_bytes(b"yesterday")
    assert server.upload(io.BytesIO(content), "upload/audience.csv").size == len(content)
    assert (sshd.files / "upload" / "audience.csv").read_bytes() == content
    assert [path.name for path in (sshd.files / "upload").iterdir()] == ["audience.csv"]


def test_a_broken_upload_starts_again_and_is_never_seen(sshd: SshServer, server: FileServer) -> None:
    class CutOnce(io.BytesIO):
        cut = False

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 2_000_000 and not self.cut:
                self.cut = True
                sshd.cut_sessions()
                assert not (sshd.files / "upload" / "audience.csv").exists()
            return super().read(size)

    content = random.Random(4).randbytes(5_000_000)
    server.upload(CutOnce(content), "upload/audience.csv")
    assert (sshd.files / "upload" / "audience.csv").read_bytes() == content


def test_a_missing_folder_names_the_setting(server: FileServer) -> None:
    with pytest.raises(SettingsError, match="RSYS-2101: There is no folder dowload on .*path setting"):
        server.list("dowload")
    with pytest.raises(SettingsError, match="RSYS-2101"):
        server.upload(io.BytesIO(b"x"), "uplaod/audience.csv")


@pytest.mark.parametrize(
    "setting",
    [
        {"private_key": "another", "private_key_file": None},
        {"username": "nobody-of-this-name"},
    ],
)
def test_a_refused_credential_is_tried_once(setting: dict[str, str], sshd: SshServer) -> None:
    if "private_key" in setting:
        setting = {**setting, "private_key": new_key("ed25519").openssh}
    pauses: list[float] = []
    retry = Retry(limit=3, sleep=pauses.append)
    with pytest.raises(SettingsError, match="RSYS-2003: .* refused user"):
        FileServer.connect(FileServerLogin.from_config({**sshd.config, **setting}), retry=retry)
    assert pauses == []


def test_an_unknown_or_other_host_key_is_refused(sshd: SshServer) -> None:
    config = dict(sshd.config)
    config["host_key_fingerprint"] = None
    with pytest.raises(SettingsError, match="RSYS-1204") as caught:
        FileServer.connect(FileServerLogin.from_config(config))
    assert sshd.fingerprint in str(caught.value)
    config["host_key_fingerprint"] = fingerprint(b"another")
    with pytest.raises(SettingsError, match="RSYS-1203"):
        FileServer.connect(FileServerLogin.from_config(config))


def test_a_known_hosts_file_serves_as_well(sshd: SshServer, tmp_path: Path) -> None:
    public = subprocess.check_output(["ssh-keygen", "-y", "-f", str(sshd.root / "host_key")], text=True)
    (tmp_path / "known").write_text(f"[127.0.0.1]:{sshd.port} {public}", encoding="utf-8")
    config = {**sshd.config, "host_key_fingerprint": None, "known_hosts_file": str(tmp_path / "known")}
    with FileServer.connect(FileServerLogin.from_config(config)) as server:
        assert server.list("download") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_server_that_is_not_there_is_a_transient_error(host: str) -> None:
    login = FileServerLogin(host=host, port=free_port(), username="u", password="p")
    with pytest.raises(TransientError, match=f"RSYS-2001: {host}:.* cannot be reached"):
        FileServer.connect(login, retry=IMPATIENT)


def test_a_server_that_never_answers_does_not_hang_us() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        login = FileServerLogin(host="127.0.0.1", port=port, username="u", password="p", connect_timeout=0.3)
        with pytest.raises(TransientError, match="RSYS-2001"):
            FileServer.connect(login, retry=IMPATIENT)


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_a_second_factor_is_named(tmp_path: Path) -> None:
    with (
        openssh_server(tmp_path / "sshd", "AuthenticationMethods publickey,password") as sshd,
        pytest.raises(SettingsError, match="RSYS-2004: .* wants password besides"),
    ):
        FileServer.connect(FileServerLogin.from_config(sshd.config), retry=IMPATIENT)


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ({}, "host, username, private_key_file"),
        ({"host": "h", "username": "u"}, "private_key_file"),
        ({"username": "u", "password": "p"}, "host"),
    ],
)
def test_incomplete_settings_are_named(config: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=f"RSYS-1001: .*incomplete: {missing} missing"):
        FileServerLogin.from_config(config)


@pytest.mark.parametrize("after", [300_000, 4_000_000])
def test_a_connection_that_falls_silent_in_a_file_is_opened_again(after: int, sshd: SshServer) -> None:
    content = random.Random(5).randbytes(9_000_000)
    (sshd.files / "download" / "big.bin").write_bytes(content)
    with stalling_proxy(sshd.port, after) as port:
        config = {**sshd.config, "port": port, "connect_timeout": 4, "io_timeout": 1}
        with (
            FileServer(FileServerLogin.from_config(config), retry=IMPATIENT) as server,
            server.open(listed(server, "big.bin")) as remote,
        ):
            assert io.BufferedReader(remote, 1 << 20).read() == content


def test_silence_at_any_point_of_the_sign_in_is_no_hang(sshd: SshServer) -> None:
    """Some of paramiko's waits have no limit, and which byte leads into one differs between servers."""

    def sign_in(after: int) -> list[RemoteFile]:
        with stalling_proxy(sshd.port, after) as port:
            config = {**sshd.config, "port": port, "connect_timeout": 3, "io_timeout": 1}
            retry = Retry(limit=5, sleep=lambda _: None)
            with FileServer(FileServerLogin.from_config(config), retry=retry) as server:
                return server.list("download")

    with ThreadPoolExecutor(6) as pool:
        assert not any(pool.map(sign_in, range(20, 2_800, 120)))


def test_a_password_signs_in_where_the_server_takes_one(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "own", SftpOptions(user_name="acme_scp", password="pass word&")) as sshd:
        config = {**sshd.config, "private_key_file": None, "password": "pass word&"}
        with FileServer.connect(FileServerLogin.from_config(config), retry=IMPATIENT) as server:
            assert server.list("download") == []
        with pytest.raises(SettingsError, match="RSYS-2003: .* refused user acme_scp with the password"):
            FileServer.connect(FileServerLogin.from_config({**config, "password": "other"}), retry=IMPATIENT)


def test_a_name_that_is_not_utf8_hides_no_other_file(
    sshd: SshServer, server: FileServer, caplog: pytest.LogCaptureFixture
) -> None:
    folder = sshd.files / "download"
    (folder / "a.txt").write_bytes(b"1")
    (folder / "emoji \N{SMILING FACE WITH SUNGLASSES}.txt").write_bytes(b"2")
    (folder / "inner").mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/b\xff.txt")).touch()
    for _ in range(2):
        listing = server.scan("download")
    assert sorted(file.name[0] for file in listing.files) == ["a", "e"]
    assert listing.folders == ["inner"]
    assert (
        len([text for text in caplog.messages if "1 names in folder download are passed over" in text]) == 1
    )


def test_a_folder_of_many_names_is_listed_whole(sshd: SshServer, server: FileServer) -> None:
    for number in range(3_000):
        (sshd.files / "download" / f"{number}.txt").touch()
    assert {file.name for file in server.list("download")} == {f"{number}.txt" for number in range(3_000)}


def test_files_are_moved_made_and_removed(sshd: SshServer, server: FileServer) -> None:
    home = sshd.files
    server.make_folder("archive/2026/raw")
    server.make_folder("archive/2026/raw")
    server.upload(io.BytesIO(b"12345"), "archive/2026/raw/a.txt", mtime=1_600_000_000)
    assert server.stat("archive/2026/raw/a.txt") == RemoteFile("archive/2026/raw/a.txt", 5, 1_600_000_000)
    server.move("archive/2026/raw/a.txt", "download/b.txt")
    assert (home / "download" / "b.txt").read_bytes() == b"12345"
    (home / "download" / "c.txt").write_bytes(b"taken")
    with pytest.raises(TransientError, match="RSYS-2103"):
        server.move("download/b.txt", "download/c.txt")
    assert (home / "download" / "c.txt").read_bytes() == b"taken"
    server.remove("download/b.txt")
    server.remove("download/b.txt")
    assert not (home / "download" / "b.txt").exists()
    with pytest.raises(SettingsError, match="RSYS-2101"):
        server.move("download/b.txt", "download/d.txt")


def test_a_file_that_is_not_there_is_not_moved_onto_a_name_that_is_taken(
    sshd: SshServer, server: FileServer
) -> None:
    (sshd.files / "archive" / "a.txt").write_bytes(b"older")
    with pytest.raises((SettingsError, TransientError), match="RSYS-210[13]: .*file download/a.txt"):
        server.move("download/a.txt", "archive/a.txt")


@pytest.mark.parametrize("done", [True, False])
def test_a_move_whose_answer_is_lost_is_done_once(
    done: bool, sshd: SshServer, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = paramiko.SFTPClient.rename

    def losing_the_answer(sftp: paramiko.SFTPClient, path: str, target: str) -> None:
        monkeypatch.setattr(paramiko.SFTPClient, "rename", rename)
        if done:
            rename(sftp, path, target)
        raise EOFError

    (sshd.files / "download" / "a.txt").write_bytes(b"12345")
    monkeypatch.setattr(paramiko.SFTPClient, "rename", losing_the_answer)
    server.move("download/a.txt", "archive/a.txt")
    assert (sshd.files / "archive" / "a.txt").read_bytes() == b"12345"
    assert not (sshd.files / "download" / "a.txt").exists()


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_what_a_read_only_account_may_not_do_is_a_matter_of_permission(tmp_path: Path) -> None:
    home = tmp_path / "sshd" / "home"
    with (
        openssh_server(tmp_path / "sshd", f"ForceCommand internal-sftp -R -d {home}") as sshd,
        FileServer(FileServerLogin.from_config(sshd.config), retry=IMPATIENT) as server,
    ):
        (home / "download" / "a.txt").write_bytes(b"1")
        for change in (
            lambda: server.make_folder("archive/2026/raw"),
            lambda: server.move("download/a.txt", "archive/a.txt"),
            lambda: server.remove("download/a.txt"),
            lambda: server.upload(io.BytesIO(b"2"), "upload/b.txt"),
        ):
            with pytest.raises(SettingsError, match="RSYS-2102"):
                change()
        assert [file.name for file in server.list("download")] == ["a.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unavailable(sshd: SshServer, server: FileServer) -> None:
    path = sshd.files / "download" / "a.txt"
    path.write_bytes(b"1")
    path.chmod(0)
    with (
        server.open(listed(server, "a.txt")) as remote,
        pytest.raises(FileUnavailableError, match="RSYS-2203"),
    ):
        remote.read(1)


def test_the_host_key_that_was_shown_can_be_read(sshd: SshServer, server: FileServer) -> None:
    assert server.host_key is None
    server.list("download")
    assert server.host_key == ("ssh-ed25519", sshd.fingerprint)


@pytest.mark.parametrize("where", ["setting and file", "two in one file", "two in the setting"])
def test_during_a_key_change_the_server_may_know_either_key(
    where: str, sshd: SshServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known, other = (sshd.root / "client_key").read_text(encoding="utf-8"), new_key("ed25519")
    for first, second in ((known, other.openssh), (other.text("pkcs8"), known)):
        caplog.clear()
        keys = tmp_path / "keys"
        keys.write_text(f"{first}\n{second}\n", encoding="utf-8")
        config = {**sshd.config, "private_key_file": str(keys)}
        if where == "setting and file":
            keys.write_text(second, encoding="utf-8")
            config["private_key"] = first
        elif where == "two in the setting":
            config |= {"private_key": f"{first}{second}".replace("\n", "\\n"), "private_key_file": None}
        with FileServer.connect(FileServerLogin.from_config(config)) as server:
            assert server.list("download") == []
        told = [text for text in caplog.messages if "what it refused can go" in text]
        assert len(told) == (first != known)
        assert "PRIVATE KEY" not in caplog.text


def test_the_key_in_the_middle_is_the_last_that_is_tried(
    sshd: SshServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    known, first, last = (
        (sshd.root / "client_key").read_text("utf-8"),
        new_key("ed25519"),
        new_key("ecdsa256"),
    )
    (tmp_path / "keys").write_text(known + last.openssh, encoding="utf-8")
    config = {**sshd.config, "private_key": first.openssh, "private_key_file": str(tmp_path / "keys")}
    login = FileServerLogin.from_config(config)
    refused, accepted, untried = login.private_keys()
    with FileServer.connect(login):
        pass
    (told,) = (text for text in caplog.messages if "can go" in text)
    assert f"accepts the key in {tmp_path}/keys ({accepted.fingerprint})" in told
    assert told.endswith(f"can go: private_key ({refused.fingerprint})")
    assert untried.fingerprint not in caplog.text


def test_a_refused_key_is_not_offered_again_when_the_connection_was_lost(
    sshd: SshServer, caplog: pytest.LogCaptureFixture
) -> None:
    login = FileServerLogin.from_config({**sshd.config, "private_key": new_key("ed25519").openssh})
    with FileServer(login, retry=IMPATIENT) as server:
        for _ in range(3):
            server.list("download")
            sshd.cut_sessions()
    assert len([text for text in caplog.messages if "can go" in text]) == 1


def test_when_no_key_is_known_there_is_one_refusal(sshd: SshServer) -> None:
    config = {**sshd.config, "private_key": new_key("ed25519").openssh + new_key("ecdsa256").openssh}
    config["private_key_file"] = None
    with pytest.raises(
        SettingsError, match="RSYS-2003: .* with the 2 private keys in private_key.*registered"
    ):
        FileServer.connect(FileServerLogin.from_config(config))


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_a_server_that_hangs_up_after_a_refused_key_is_shown_the_next_one(tmp_path: Path) -> None:
    with openssh_server(tmp_path / "sshd", "MaxAuthTries 1") as sshd:
        config = {**sshd.config, "private_key": new_key("ed25519").openssh}
        with FileServer.connect(FileServerLogin.from_config(config), retry=IMPATIENT) as server:
            assert server.list("download") == []


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_a_password_that_is_refused_is_not_tried_with_another_key(tmp_path: Path) -> None:
    with openssh_server(tmp_path / "sshd", "AuthenticationMethods publickey,password") as sshd:
        other = new_key("ed25519")
        sshd.accept(other.public)
        config = {**sshd.config, "private_key": other.openssh, "password": "a wrong one"}
        text = (
            "RSYS-2003: .* with the password, after it accepted the private key in private_key.*and password"
        )
        with pytest.raises(SettingsError, match=text) as caught:
            FileServer.connect(FileServerLogin.from_config(config), retry=IMPATIENT)
        assert "a wrong one" not in str(caught.value)


def test_keys_are_described_without_connecting(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(new_key("rsa2048").text("pem"), encoding="utf-8")
    os.utime(path, (1_000_000, 1_000_000))
    config = {
        "host": "h",
        "username": "u",
        "private_key": new_key("ecdsa384").openssh,
        "private_key_file": str(path),
    }
    inline, filed = FileServerLogin.from_config(config).private_keys()
    assert (inline.source, inline.key.get_bits(), inline.age_days(2_000_000)) == ("private_key", 384, None)
    assert (filed.source, filed.key.get_bits(), filed.age_days(1_000_000 + 86_400 * 3 + 5)) == (
        str(path),
        2048,
        3,
    )
    assert filed.fingerprint.startswith("SHA256:")
