"""Who enters the file server, and with which keys."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from responsys_io.errors import SettingsError
from responsys_io.hostkeys import HostKeyPolicy, fingerprint, parse_fingerprints, read_known_hosts
from responsys_io.keys import load_private_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    import paramiko

_DAY = 86_400


@dataclass(frozen=True)
class LoginKey:
    """A private key that the settings name.

    Args:
        source: The setting, or the path of the file, that it comes from.
        key: The key in the form that paramiko signs in with.
        written_at: When its file was last modified, epoch seconds; None for a key in a setting.
    """

    source: str
    key: paramiko.PKey
    written_at: float | None = None

    @property
    def fingerprint(self) -> str:
        """SHA256 fingerprint of its public half."""
        return fingerprint(self.key.asbytes())

    def __str__(self) -> str:
        return f"{self.source} ({self.fingerprint})"

    def age_days(self, now: float) -> int | None:
        """Return the age of its file in days at a moment in epoch seconds."""
        return None if self.written_at is None else max(0, int(now - self.written_at) // _DAY)


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

    def private_keys(self) -> list[LoginKey]:
        """Return the private keys in the order in which they are tried: those of the setting, of the file.

        Two keys are for the days of a key change, on which the server may know the one or the other.

        Raises:
            SettingsError: RSYS-1002 for an unreadable file, RSYS-11nn for an unusable key.
        """
        found = []
        if self.private_key:
            keys = load_private_keys(self.private_key, self.private_key_passphrase)
            found += [LoginKey("private_key", key) for key in keys]
        if self.private_key_file:
            path = Path(self.private_key_file).expanduser()
            try:
                text, written_at = path.read_text(encoding="utf-8", errors="replace"), path.stat().st_mtime
            except OSError as error:
                raise SettingsError(
                    "RSYS-1002",
                    f"private_key_file {self.private_key_file} cannot be read: {error.strerror}.",
                    "Check the path and its permissions.",
                ) from error
            keys = load_private_keys(text, self.private_key_passphrase, source=self.private_key_file)
            found += [LoginKey(self.private_key_file, key, written_at) for key in keys]
        return found

    def host_key_policy(self) -> HostKeyPolicy:
        """Return which host keys are trusted."""
        return HostKeyPolicy(
            fingerprints=parse_fingerprints(self.host_key_fingerprint or ""),
            known_hosts=read_known_hosts(Path(self.known_hosts_file)) if self.known_hosts_file else (),
        )
