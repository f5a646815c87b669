"""The servers that the cases talk to, for as long as a `with` block lasts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from support.keys import new_key
from support.openssh import SSHD, openssh_server

from bench.paths import ROOT, WORK, clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Peers with an old paramiko sign with SHA-1 only.
_OLD_CLIENTS = ("PubkeyAcceptedAlgorithms +ssh-rsa", "HostKeyAlgorithms +ssh-rsa")


class ServerError(Exception):
    """A server that the cases need is not to be had."""


@dataclass(frozen=True)
class FileServer:
    """A running sshd whose home folder shows the inputs as `inputs/` and takes files in `upload/`.

    Args:
        config: The plugins' settings for it.
        rsa_key: A private RSA key that it accepts, for peers that know no other kind.
    """

    config: dict[str, Any]
    rsa_key: Path

    @property
    def port(self) -> int:
        """Its TCP port."""
        return int(self.config["port"])


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Start OpenSSH's server on a loopback port.

    Raises:
        ServerError: It is not installed, or root has no /run/sshd.
    """
    if SSHD is None:
        raise ServerError("sshd is needed: install openssh-server (as root also: mkdir -p /run/sshd)")
    root = WORK / "sshd"
    shutil.rmtree(root, ignore_errors=True)
    (WORK / "inputs").mkdir(parents=True, exist_ok=True)
    with openssh_server(root, *_OLD_CLIENTS) as server:
        (server.files / "inputs").symlink_to(WORK / "inputs")
        rsa = new_key("rsa2048")
        key = root / "rsa_key"
        key.write_text(rsa.text("pem"), encoding="utf-8")
        key.chmod(0o600)
        server.accept(rsa.public)
        yield FileServer(dict(server.config), key)


@contextmanager
def delayed(port: int, round_trip: float) -> Iterator[int]:
    """Put a round-trip time before a local port; yields the port to connect to."""
    with _process("-m", "bench.delayproxy", str(port), str(round_trip)) as process:
        yield int(_line(process))


@dataclass(frozen=True)
class RestServer:
    """The sandbox's REST API in a process of its own."""

    settings: dict[str, Any]
    _process: subprocess.Popen[str]

    def merge_calls(self) -> tuple[int, float]:
        """Return the merge calls since the last question, and the seconds from first to last."""
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = json.loads(_line(self._process))
        return answer["calls"], answer["seconds"]


@contextmanager
def rest_server(latency: float, limit: int | None = None) -> Iterator[RestServer]:
    """Start the REST API.

    Args:
        latency: Seconds that every call takes at least.
        limit: Merge calls a minute; None for none.
    """
    limits = ("--limit", str(limit)) if limit else ()
    with _process("-m", "bench.restserver", "--latency", str(latency), *limits) as process:
        yield RestServer(json.loads(_line(process)), process)


@contextmanager
def _process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
    )
    try:
        with process:
            yield process
            process.terminate()
    finally:
        if process.poll() is None:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    stdout: IO[str] | None = process.stdout
    line = stdout.readline() if stdout else ""
    if not line:
        raise ServerError(f"{process.args!r} has ended")
    return line
