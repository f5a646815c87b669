"""The sandbox's SSH keys: made once, kept in the folder."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from pathlib import Path


def ensure_key(path: Path) -> str:
    """Make an Ed25519 key in OpenSSH's form, unless the file is there; its public half goes to `<path>.pub`.

    Returns:
        The public key as one line, `ssh-ed25519 …`.
    """
    public = path.with_name(f"{path.name}.pub")
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        public.write_text(f"{line}\n", encoding="ascii")
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        write_secret(path, private)
    return public.read_text(encoding="ascii").strip()


def write_secret(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


def fingerprint(public: str) -> str:
    """Return a public key's fingerprint as OpenSSH prints it, `SHA256:…`."""
    digest = sha256(base64.b64decode(public.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
