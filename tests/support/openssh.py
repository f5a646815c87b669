"""A real OpenSSH server on a loopback port, with one key and one home folder."""

from __future__ import annotations

import abc
import contextlib
import getpass
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_io.hostkeys import fingerprint
from support.keys import host_key_blob, new_key

if TYPE_CHECKING:
    from collections.abc import Iterator


def _usable_sshd() -> str | None:
    """Find sshd; as root it runs only where its own run-time folder has been made."""
    if os.geteuid() == 0 and not Path("/run/sshd").is_dir():
        return None
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")


SSHD = _usable_sshd()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class SshServer(abc.ABC):
    """A file server for tests; `files` is the folder that a client sees as its home."""

    root: Path
    port: int
    username: str
    fingerprint: str

    @property
    def files(self) -> Path:
        return self.root / "home"

    @property
    def config(self) -> dict[str, object]:
        """The plugins' settings for this server."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "username": self.username,
            "private_key_file": str(self.root / "client_key"),
            "host_key_fingerprint": self.fingerprint,
        }

    def accept(self, public_key: str) -> None:
        """Register another key for the user."""
        with (self.root / "authorized_keys").open("a", encoding="utf-8") as keys:
            keys.write(public_key + "\n")

    @abc.abstractmethod
    def cut_sessions(self) -> None:
        """Drop every session; new ones are accepted."""


@dataclass
class OpenSshServer(SshServer):
    """A running sshd."""

    process: subprocess.Popen[bytes] = field(repr=False)

    def sessions(self) -> list[str]:
        """The processes of its connections."""
        children = ["pgrep", "-P", str(self.process.pid)]
        return subprocess.run(children, capture_output=True, text=True, check=False).stdout.split()

    def cut_sessions(self) -> None:
        """Kill the sessions' processes, as a server does that is restarted."""
        for pid in self.sessions():
            subprocess.run(["pkill", "-KILL", "-P", pid], check=False)
            subprocess.run(["kill", "-KILL", pid], check=False, stderr=subprocess.DEVNULL)

    def start(self) -> None:
        """Start the server again after it was killed; does nothing while it runs."""
        if self.process.poll() is not None:
            assert self.process.stderr is not None
            self.process.stderr.close()
            self.process = _started(self.root)


@contextlib.contextmanager
def openssh_server(root: Path, *extra: str) -> Iterator[OpenSshServer]:
    """Start sshd with lines added to its configuration, stop it afterwards."""
    assert SSHD is not None
    for folder in ("download", "upload", "archive"):
        (root / "home" / folder).mkdir(parents=True)
    host, client = new_key("ed25519"), new_key("ed25519")
    (root / "host_key").write_text(host.openssh, encoding="utf-8")
    (root / "host_key").chmod(0o600)
    (root / "client_key").write_text(client.openssh, encoding="utf-8")
    (root / "client_key").chmod(0o600)
    (root / "authorized_keys").write_text(client.public + "\n", encoding="utf-8")
    port = free_port()
    (root / "sshd_config").write_text(
        "\n".join(
            (
                *extra,
                *_many_sign_ins(extra),
                f"Port {port}",
                "ListenAddress 127.0.0.1",
                f"HostKey {root / 'host_key'}",
                f"AuthorizedKeysFile {root / 'authorized_keys'}",
                "StrictModes no",
                "UsePAM no",
                "PidFile none",
                f"Subsystem sftp internal-sftp -d {root / 'home'}",
            )
        )
        + "\n",
        encoding="utf-8",
    )
    server = OpenSshServer(root, port, getpass.getuser(), fingerprint(host_key_blob(host)), _started(root))
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait()
        assert server.process.stderr is not None
        server.process.stderr.close()


def _many_sign_ins(extra: tuple[str, ...]) -> list[str]:
    """Tests leave sign-ins hanging on purpose; sshd would refuse others at random. Its last word counts."""
    return [] if any(line.startswith("MaxStartups") for line in extra) else ["MaxStartups 200"]


def _started(root: Path) -> subprocess.Popen[bytes]:
    """Run sshd, and return when it listens."""
    assert SSHD is not None
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(root / "sshd_config")], stderr=subprocess.PIPE)
    assert process.stderr is not None
    for line in process.stderr:
        if b"Server listening" in line:
            return process
    raise RuntimeError(f"sshd has not started, exit code {process.wait()}")
