"""The sandbox's SFTP server on a loopback port: the stand-in where OpenSSH is not installed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.keys import ensure_key, fingerprint
from responsys_sandbox.sftp import FileServer, SftpOptions
from support.openssh import SshServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import asyncssh

USER = "acme_scp"


@dataclass
class EmbeddedServer(SshServer):
    """A running embedded server."""

    server: FileServer = field(repr=False)
    loop: BackgroundLoop = field(repr=False)

    def cut_sessions(self) -> None:
        async def drop() -> None:
            for connection in tuple(self.server._connections):
                connection.abort()

        self.loop.run(drop())


@contextlib.contextmanager
def embedded_server(
    root: Path, options: SftpOptions | None = None, home: type[asyncssh.SFTPServer] | None = None
) -> Iterator[EmbeddedServer]:
    """Start the sandbox's server alone, with another home if one is given; stop it afterwards."""
    for folder in ("download", "upload", "archive"):
        (root / "home" / folder).mkdir(parents=True)
    host = ensure_key(root / "host_key")
    (root / "authorized_keys").write_text(ensure_key(root / "client_key") + "\n", encoding="utf-8")
    with BackgroundLoop() as loop:
        options = options or SftpOptions(user_name=USER)
        server = FileServer(root / "home", root / "host_key", root / "authorized_keys", options)
        if home is not None:
            files = str(root / "home").encode()
            server._home = lambda channel: home(channel, files)  # type: ignore[method-assign]
        loop.run(server.start())
        try:
            yield EmbeddedServer(root, server.port, USER, fingerprint(host), server, loop)
        finally:
            loop.run(server.stop())
