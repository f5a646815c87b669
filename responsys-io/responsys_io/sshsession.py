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
from typing import TYPE_CHECKING, NamedTuple

import paramiko

from responsys_io.errors import SettingsError
from responsys_io.hostkeys import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from responsys_io.login import FileServerLogin, LoginKey

logger = logging.getLogger(__name__)

# A larger channel window keeps more data under way; over distance it decides the speed.
_CHANNEL_WINDOW = 16 * 2**20
_KEEPALIVE_SECONDS = 30
_WEAK_ALGORITHMS = {
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"],
}


class HostKey(NamedTuple):
    """The key that a server has shown: SSH name of its type, and SHA256 fingerprint."""

    type: str
    fingerprint: str


class _KeyRefusedError(Exception):
    """The server does not accept a private key: another one may be tried."""


class _HungUpError(EOFError):
    """The connection ended while a private key was offered: some servers refuse a key this way."""


class SshSession:
    """A signed-in connection with one SFTP channel.

    Of several private keys each is tried in a connection of its own, until one is accepted.

    Args:
        login: Whom to reach and how to enter.
        first: Fingerprint of the key to begin with, since it was accepted before; empty for none.

    Raises:
        SettingsError: RSYS-1nnn and RSYS-2002 to RSYS-2004: a wrong key, host key or credential.
        EOFError, OSError, paramiko.SSHException: The connection was not made or got lost.
    """

    def __init__(self, login: FileServerLogin, *, first: str = "") -> None:
        self._login = login
        self._where = f"{login.host}:{login.port}"
        self._policy = login.host_key_policy()
        self.accepted = ""
        """Fingerprint of the private key that the server has accepted; empty for a sign-in by password."""
        if not logger.isEnabledFor(logging.DEBUG):
            # Its threads log tracebacks of what is raised, and told, here as well.
            logging.getLogger("paramiko").setLevel(logging.CRITICAL)
        if keys := login.private_keys():
            self._open_with_one_of(sorted(keys, key=lambda key: key.fingerprint != first))
        else:
            self._open(None)
        logger.debug("Signed in to %s", self._where)

    def _open_with_one_of(self, keys: Sequence[LoginKey]) -> None:
        refused: list[LoginKey] = []
        hung_up: _HungUpError | None = None
        for key in keys:
            try:
                self._open(key)
            except _KeyRefusedError:
                refused.append(key)
            except _HungUpError as error:
                hung_up = error
            else:
                self.accepted = key.fingerprint
                self._tell(key, refused)
                return
        # A key whose connection got lost may be the right one: that is worth another attempt.
        raise hung_up or self._refused(
            _credential(keys), "that the key's public half is registered for this user"
        )

    def _tell(self, accepted: LoginKey, refused: Sequence[LoginKey]) -> None:
        if refused:
            logger.warning(
                "%s accepts the key in %s; what it refused can go: %s",
                self._where,
                accepted,
                ", ".join(map(str, refused)),
            )

    def _open(self, key: LoginKey | None) -> None:
        self._transport = paramiko.Transport(
            _tcp_connection(self._login),
            default_window_size=_CHANNEL_WINDOW,
            disabled_algorithms=_WEAK_ALGORITHMS,
        )
        try:
            with _closing_after(self._transport, self._login.connect_timeout):
                self.sftp = self._open_channel(key)
        except BaseException:
            self._transport.close()
            raise

    def is_active(self) -> bool:
        """Tell whether the connection is still there, as far as is known."""
        channel = self.sftp.get_channel()
        return self._transport.is_active() and channel is not None and not channel.closed

    def close(self) -> None:
        """End the connection, whatever state it is in."""
        self._transport.close()

    def _open_channel(self, key: LoginKey | None) -> paramiko.SFTPClient:
        self._shake_hands()
        self._sign_in(key)
        channel = self._transport.open_session(timeout=self._login.connect_timeout)
        channel.settimeout(self._login.io_timeout)
        channel.invoke_subsystem("sftp")
        return paramiko.SFTPClient(channel)

    def _shake_hands(self) -> None:
        login, transport = self._login, self._transport
        options = transport.get_security_options()
        # Encrypting and authenticating in one go takes a quarter less of the processor's time.
        options.ciphers = sorted(options.ciphers, key=lambda name: "-gcm@" not in name)
        if known := {_family(name) for name in self._policy.key_types(login.host, login.port)}:
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
        self.host_key = HostKey(key.get_name(), fingerprint(key.asbytes()))

    def _sign_in(self, key: LoginKey | None) -> None:
        self._transport.auth_timeout = self._login.connect_timeout
        missing = self._offer_key(key) if key else ["password"]
        if "password" in missing and (self._login.password or key is None):
            missing = self._offer_password(key)
        if missing:
            raise SettingsError(
                "RSYS-2004",
                f"{self._where} wants {' and '.join(missing)} besides the credential that it accepted.",
                "Set password as well, or have the second factor switched off for this user.",
            )

    def _offer_key(self, key: LoginKey) -> list[str]:
        """Return which factors the server wants besides."""
        try:
            return self._transport.auth_publickey(self._login.username, key.key)
        except paramiko.BadAuthenticationType as error:
            raise _KeyRefusedError from error
        except paramiko.AuthenticationException as error:
            if self._transport.is_active():
                raise _KeyRefusedError from error
            raise _HungUpError("the connection was lost during sign-in") from error

    def _offer_password(self, key: LoginKey | None) -> list[str]:
        """Return which factors the server wants besides."""
        credential = f"password, after it accepted the private key in {key.source}" if key else "password"
        try:
            return self._transport.auth_password(self._login.username, self._login.password or "")
        except paramiko.BadAuthenticationType as error:
            raise self._refused(credential, "whether the server takes passwords") from error
        except paramiko.AuthenticationException as error:
            if self._transport.is_active():
                raise self._refused(credential, "password") from error
            raise EOFError("the connection was lost during sign-in") from error

    def _refused(self, credential: str, check: str) -> SettingsError:
        return SettingsError(
            "RSYS-2003",
            f"{self._where} refused user {self._login.username} with the {credential}.",
            f"Check username, and {check}.",
        )


def _credential(keys: Sequence[LoginKey]) -> str:
    sources = " and ".join(dict.fromkeys(key.source for key in keys))
    return f"private key in {sources}" if len(keys) == 1 else f"{len(keys)} private keys in {sources}"


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
