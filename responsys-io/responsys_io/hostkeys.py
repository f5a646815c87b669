"""Whether the server is the one we mean: pinned fingerprints and known_hosts files.

There is no setting that trusts an unknown server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_DEFAULT_PORT = 22


@dataclass(frozen=True)
class KnownHost:
    """One line of a known_hosts file: whom it is about and the key that is known (or revoked)."""

    hosts: str
    key_type: str
    key: bytes
    revoked: bool

    def is_about(self, host: str, port: int) -> bool:
        """Tell whether the line names this server, in clear, by pattern or hashed."""
        name = host if port == _DEFAULT_PORT else f"[{host}]:{port}"
        if self.hosts.startswith("|1|"):
            return _hashed_name_matches(self.hosts, name)
        patterns = self.hosts.split(",")
        if any(pattern.startswith("!") and _matches(pattern[1:], name) for pattern in patterns):
            return False
        return any(_matches(pattern, name) for pattern in patterns)


@dataclass(frozen=True)
class HostKeyPolicy:
    """The keys that a server may show.

    Args:
        fingerprints: `SHA256:…` fingerprints of which one has to match; several during a key change.
        known_hosts: Lines of a known_hosts file.
    """

    fingerprints: Sequence[str] = ()
    known_hosts: Sequence[KnownHost] = ()

    def key_types(self, host: str, port: int) -> list[str]:
        """Key types known for a server: asking for one of them avoids a needless refusal."""
        return [line.key_type for line in self.known_hosts if line.is_about(host, port) and not line.revoked]

    def verify(self, host: str, port: int, key_type: str, key: bytes) -> None:
        """Accept the key that a server has shown, or refuse.

        Args:
            host: Host name as configured.
            port: TCP port.
            key_type: SSH name of the key's type, for example `ssh-ed25519`.
            key: Public key blob.

        Raises:
            SettingsError: RSYS-1202 revoked, RSYS-1203 another key than expected, RSYS-1204 unknown host.
        """
        seen = fingerprint(key)
        lines = [line for line in self.known_hosts if line.is_about(host, port)]
        if any(line.revoked and line.key == key for line in lines):
            raise SettingsError(
                "RSYS-1202",
                f"The host key {seen} of {host}:{port} is marked @revoked in known_hosts_file.",
                "Do not connect before the owner of the server has explained it.",
            )
        if seen in self.fingerprints or any(line.key == key for line in lines):
            return
        if self.fingerprints or lines:
            raise SettingsError(
                "RSYS-1203",
                f"{host}:{port} shows the {key_type} host key {seen}, which is not the one that is trusted.",
                "If Oracle has changed the key (ask, do not guess), put the new fingerprint into "
                "host_key_fingerprint; otherwise somebody may be listening in between.",
            )
        raise SettingsError(
            "RSYS-1204",
            f"The host key of {host}:{port} is not known: it shows {key_type} {seen}.",
            f"Compare it with Oracle's, then set host_key_fingerprint to {seen}.",
        )


def fingerprint(key: bytes) -> str:
    """Fingerprint of a public key blob as OpenSSH prints it: `SHA256:` and unpadded base64."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def parse_fingerprints(text: str) -> list[str]:
    """Fingerprints out of a setting: one, or several separated by commas or blanks.

    Raises:
        SettingsError: RSYS-1201 for anything that is not a SHA256 fingerprint.
    """
    found = [part for part in re.split(r"[\s,]+", text) if part]
    for part in found:
        if not _FINGERPRINT.fullmatch(part):
            raise SettingsError(
                "RSYS-1201",
                "host_key_fingerprint is not a SHA256 fingerprint.",
                "Give it as ssh-keygen -lf prints it: SHA256: and 43 characters.",
            )
    return [part.rstrip("=") for part in found]


def read_known_hosts(path: Path) -> list[KnownHost]:
    """Read a known_hosts file; lines of certificate authorities and unreadable lines are passed over.

    Raises:
        SettingsError: RSYS-1205 when the file cannot be read.
    """
    try:
        text = path.expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SettingsError(
            "RSYS-1205",
            f"known_hosts_file {path} cannot be read: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error
    return [known for line in text.splitlines() if (known := _parse_line(line))]


def _parse_line(line: str) -> KnownHost | None:
    fields = line.split()
    if not fields or fields[0].startswith("#"):
        return None
    marker = fields.pop(0) if fields[0].startswith("@") else ""
    if marker not in {"", "@revoked"} or len(fields) < 3:  # noqa: PLR2004  hosts, type, key
        return None
    try:
        key = base64.b64decode(fields[2], validate=True)
    except ValueError:
        return None
    return KnownHost(hosts=fields[0], key_type=fields[1], key=key, revoked=marker == "@revoked")


def _matches(pattern: str, name: str) -> bool:
    """Match as OpenSSH does: * and ? are wild, the brackets around a host with a port are not."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def _hashed_name_matches(hashed: str, name: str) -> bool:
    try:
        salt, digest = (base64.b64decode(part) for part in hashed.split("|")[2:4])
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), digest)
