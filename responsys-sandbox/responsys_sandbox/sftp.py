"""The account's file server: SFTP and SCP, with the home folder that Oracle's server gives.

Oracle, responsys-user, Help/CED/FileServer.htm: users sign in with a key, and find upload/, download/ and
archive/.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncssh
from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_TRUNC, FXF_WRITE

if TYPE_CHECKING:
    from pathlib import Path

HOME_FOLDERS = ("upload", "download", "archive")

_WRITES = FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC


@dataclass(slots=True)
class SftpOptions:
    """Who may sign in, and to what. Changes hold for connections that begin afterwards.

    Args:
        user_name: The account's only user.
        password: Accepted besides keys; None accepts keys only, as Oracle does.
        refuse_keys: Whether no key is accepted.
        read_only: Whether files can only be read.
        banner: Text sent before sign-in; empty for none.
    """

    user_name: str = "acme_scp"
    password: str | None = None
    refuse_keys: bool = False
    read_only: bool = False
    banner: str = ""


class FileServer:
    """The server. Runs in the event loop in which `start` is awaited.

    Args:
        files: What the user sees as home.
        host_key: File of the server's private key.
        authorized_keys: File of public keys, one a line; read at each sign-in.
        options: Who may sign in.
    """

    def __init__(self, files: Path, host_key: Path, authorized_keys: Path, options: SftpOptions) -> None:
        self.port = 0
        self._files, self._host_key, self._keys = files, host_key, authorized_keys
        self._options = options
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, by default on a free port, which `port` tells afterwards."""
        self._acceptor = await asyncssh.listen(
            host,
            port,
            server_factory=lambda: _SignIn(self._options, self._keys, self._connections),
            server_host_keys=[str(self._host_key)],
            sftp_factory=self._home,
            allow_scp=True,
            # No reverse look-ups, no settings of the machine's own OpenSSH.
            config=None,
            rdns_lookup=False,
        )
        self.port = self._acceptor.get_port()

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        if self._acceptor:
            self._acceptor.close()
        for connection in tuple(self._connections):
            connection.abort()
            await connection.wait_closed()
        if self._acceptor:
            # From Python 3.12 on this waits for the connections, too.
            await self._acceptor.wait_closed()

    def _home(self, channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        kind = _ReadOnlyHome if self._options.read_only else _Home
        return kind(channel, str(self._files).encode(), self._options.user_name)


class _SignIn(asyncssh.SSHServer):
    def __init__(
        self, options: SftpOptions, keys: Path, connections: set[asyncssh.SSHServerConnection]
    ) -> None:
        self._options, self._keys, self._connections = options, keys, connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        del username
        if self._options.banner:
            self._connection.send_auth_banner(self._options.banner)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if self._options.refuse_keys or username != self._options.user_name:
            return False
        lines = self._keys.read_text(encoding="utf-8").splitlines()
        known = [asyncssh.import_public_key(line) for line in lines if line.strip()]
        return any(key.public_data == other.public_data for other in known)

    def password_auth_supported(self) -> bool:
        return self._options.password is not None

    def validate_password(self, username: str, password: str) -> bool:
        expected = self._options.password or ""
        return username == self._options.user_name and hmac.compare_digest(
            password.encode(), expected.encode()
        )


class _Home(asyncssh.SFTPServer):
    """The home folder as the root of what the user sees; its long name on Oracle's server works, too."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], files: bytes, user_name: str) -> None:
        super().__init__(channel, files)
        self._long_name = f"/home/cli/{user_name}".encode()

    def map_path(self, path: bytes) -> bytes:
        if path == self._long_name or path.startswith(self._long_name + b"/"):
            path = path[len(self._long_name) :] or b"/"
        return super().map_path(path)


class _ReadOnlyHome(_Home):
    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        if pflags & _WRITES:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)

    def _refuse(self, *_: object, **__: object) -> None:
        raise asyncssh.SFTPPermissionDenied("Permission denied")

    remove = rename = posix_rename = mkdir = rmdir = setstat = fsetstat = symlink = link = _refuse
