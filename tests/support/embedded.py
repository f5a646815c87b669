"""The sandbox's SFTP server on a loopback port: the stand-in where OpenSSH is not installed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.keys import ensure_key, fingerprint
from responsys_sandbox.sftp import FileServer, SftpOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER = "acme_scp"


@dataclass
class EmbeddedServer:
    """A running embedded server, with the interface of `OpenSshServer`."""

    root: Path
    port: int
    fingerprint: str
    private_key_file: Path
    server: FileServer = field(repr=False)
    loop: BackgroundLoop = field(repr=False)

    @property
    def files(self) -> Path:
        return self.root / "home"

    @property
    def config(self) -> dict[str, object]:
        """The plugins' settings for this server."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "username": USER,
            "private_key_file": str(self.private_key_file),
            "host_key_fingerprint": self.fingerprint,
        }

    def accept(self, public_key: str) -> None:
        """Register another key for the user."""
        with (self.root / "authorized_keys").open("a", encoding="utf-8") as keys:
            keys.write(public_key + "\n")

    def cut_sessions(self) -> None:
        """Drop every connection; new ones are accepted."""

        async def drop() -> None:
            for connection in tuple(self.server._connections):
                connection.abort()

        self.loop.run(drop())


@contextlib.contextmanager
def embedded_server(root: Path) -> Iterator[EmbeddedServer]:
    """Start the sandbox's server alone, stop it afterwards."""
    for folder in ("download", "upload", "archive"):
        (root / "home" / folder).mkdir(parents=True)
    host = ensure_key(root / "host_key")
    (root / "authorized_keys").write_text(ensure_key(root / "client_key") + "\n", encoding="utf-8")
    with BackgroundLoop() as loop:
        server = FileServer(
            root / "home", root / "host_key", root / "authorized_keys", SftpOptions(user_name=USER)
        )
        loop.run(server.start())
        try:
            yield EmbeddedServer(root, server.port, fingerprint(host), root / "client_key", server, loop)
        finally:
            loop.run(server.stop())
