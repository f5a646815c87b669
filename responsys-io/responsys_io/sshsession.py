"""Getting in: a verified, signed-in SFTP channel to the Responsys file server.

paramiko waits for ever by default, so every step here has a time limit: the channel's own where there
is one, else a watchdog that closes the connection. See Oracle's page on the file server
(responsys-user, Help/CED/FileServer.htm) for its keys.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import paramiko

from responsys_io.errors import SettingsError
from responsys_io.hostkeys import HostKeyPolicy, parse_fingerprints, read_known_hosts
from responsys_io.keys import load_private_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

logger = logging.getLogger(__name__)

# A larger channel window keeps more data under way; over distance it decides the speed.
_CHANNEL_WINDOW = 16 * 2**20
_KEEPALIVE_SECONDS = 30
_WEAK_ALGORITHMS = {
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"],
}


@dataclass(frozen=True, kw_only=True)
class FileServerLogin:
    """How to reach and enter the file server; the fields are the plugins' settings of these names."""

    host: str
    port: int = 22
    username: str
    password: str | None = None
    private_key: str | None = None
    private_key_file: str | None = None
    private_key_passphrase: str | None = None
    host_key_fingerprint: str | None = None
    known_hosts_file: str | None = None
    connect_timeout: float = 30
    io_timeout: float = 60

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Pick the login out of a plugin's settings.

        Raises:
            SettingsError: RSYS-1001 when host, user or every credential is missing.
        """
        given = {f.name: config[f.name] for f in fields(cls) if config.get(f.name) not in {None, ""}}
        missing = [name for name in ("host", "username") if name not in given]
        if not given.keys() & {"password", "private_key", "private_key_file"}:
            missing.append("private_key_file")
        if missing:
            raise SettingsError(
                "RSYS-1001",
                f"The file server's settings are incomplete: {', '.join(missing)} missing.",
                "private_key or password may stand in for private_key_file.",
            )
        return cls(**given)

    def key(self) -> paramiko.PKey | None:
        """Return the private key, from the setting or from its file, or None when there is none.

        Raises:
            SettingsError: RSYS-1002 for an unreadable file, RSYS-11nn for an unusable key.
        """
        if self.private_key:
            return load_private_key(self.private_key, self.private_key_passphrase)
        if not self.private_key_file:
            return None
        try:
            text = Path(self.private_key_file).expanduser().read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise SettingsError(
                "RSYS-1002",
                f"private_key_file {self.private_key_file} cannot be read: {error.strerror}.",
                "Check the path and its permissions.",
            ) from error
        return load_private_key(text, self.private_key_passphrase, source=self.private_key_file)

    def host_key_policy(self) -> HostKeyPolicy:
        """Return which host keys are trusted."""
        return HostKeyPolicy(
            fingerprints=parse_fingerprints(self.host_key_fingerprint or ""),
            known_hosts=read_known_hosts(Path(self.known_hosts_file)) if self.known_hosts_file else (),
        )


class SshSession:
    """A signed-in connection with one SFTP channel.

    Args:
        login: Whom to reach and how to enter.

    Raises:
        SettingsError: RSYS-1nnn and RSYS-2002 to RSYS-2004: a wrong key, host key or credential.
        EOFError, OSError, paramiko.SSHException: The connection was not made or got lost.
    """

    def __init__(self, login: FileServerLogin) -> None:
        self._login = login
        self._where = f"{login.host}:{login.port}"
        self._key = login.key()
        self._policy = login.host_key_policy()
        if not logger.isEnabledFor(logging.DEBUG):
            # Its threads log tracebacks of what is raised, and told, here as well.
            logging.getLogger("paramiko").setLevel(logging.CRITICAL)
        self._transport = paramiko.Transport(
            _tcp_connection(login), default_window_size=_CHANNEL_WINDOW, disabled_algorithms=_WEAK_ALGORITHMS
        )
        try:
            with _closing_after(self._transport, login.connect_timeout):
                self.sftp = self._open_channel()
        except BaseException:
            self._transport.close()
            raise
        logger.debug("Signed in to %s", self._where)

    def is_active(self) -> bool:
        """Tell whether the connection is still there, as far as is known."""
        channel = self.sftp.get_channel()
        return self._transport.is_active() and channel is not None and not channel.closed

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        self._transport.close()

    def _open_channel(self) -> paramiko.SFTPClient:
        self._shake_hands()
        self._sign_in()
        channel = self._transport.open_session(timeout=self._login.connect_timeout)
        channel.settimeout(self._login.io_timeout)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)

    def _shake_hands(self) -> None:
        login, transport = self._login, self._transport
        if known := {_family(name) for name in self._policy.key_types(login.host, login.port)}:
            options = transport.get_security_options()
            options.key_types = sorted(options.key_types, key=lambda name: _family(name) not in known)
        transport.set_keepalive(_KEEPALIVE_SECONDS)
        try:
            transport.start_client(timeout=login.connect_timeout)
        except paramiko.ssh_exception.IncompatiblePeer as error:
            raise SettingsError(
                "RSYS-2002",
                f"{self._where} offers no algorithm that is considered safe: {error}.",
                "Ask for the server to be updated.",
            ) from error
        key = transport.get_remote_server_key()
        self._policy.verify(login.host, login.port, key.get_name(), key.asbytes())

    def _sign_in(self) -> None:
        login, transport = self._login, self._transport
        transport.auth_timeout = login.connect_timeout
        try:
            if self._key is not None:
                missing = transport.auth_publickey(login.username, self._key)
            else:
                missing = transport.auth_password(login.username, login.password or "")
            if "password" in missing and login.password:
                missing = transport.auth_password(login.username, login.password)
        except paramiko.BadAuthenticationType as error:
            raise self._refused() from error
        except paramiko.AuthenticationException as error:
            if transport.is_active():
                raise self._refused() from error
            raise EOFError("the connection was lost during sign-in") from error
        if missing:
            raise SettingsError(
                "RSYS-2004",
                f"{self._where} wants {' and '.join(missing)} besides the credential that it accepted.",
                "Set password as well, or have the second factor switched off for this user.",
            )

    def _refused(self) -> SettingsError:
        credential = "private key" if self._key is not None else "password"
        return SettingsError(
            "RSYS-2003",
            f"{self._where} refused user {self._login.username} with the {credential} that is configured.",
            "Check username, and that the key's public half is registered for this user.",
        )


def _tcp_connection(login: FileServerLogin) -> socket.socket:
    try:
        connection = socket.create_connection((login.host, login.port), timeout=login.connect_timeout)
    except OSError as error:
        # One kind for all of them: no route, no such name, refused, timed out.
        raise ConnectionError(error.strerror or str(error)) from error
    connection.settimeout(None)
    return connection


def _family(key_type: str) -> str:
    """RSA keys sign under several names."""
    return "ssh-rsa" if key_type.startswith("rsa-sha2") else key_type


@contextlib.contextmanager
def _closing_after(transport: paramiko.Transport, seconds: float) -> Iterator[None]:
    """Close the connection when the block takes longer: some waits inside paramiko have no limit."""
    watchdog = threading.Timer(seconds, transport.close)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
