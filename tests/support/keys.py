"""Key pairs of every kind and in every form that users bring."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

_MAKERS: dict[str, Any] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
    "ecdsa256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ecdsa384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ecdsa521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "dsa": lambda: dsa.generate_private_key(1024),
}
FORMS = {
    "openssh": ser.PrivateFormat.OpenSSH,
    "pem": ser.PrivateFormat.TraditionalOpenSSL,
    "pkcs8": ser.PrivateFormat.PKCS8,
}


@dataclass(frozen=True)
class KeyPair:
    private: Any

    def text(self, form: str, passphrase: str | None = None) -> str:
        encryption = ser.BestAvailableEncryption(passphrase.encode()) if passphrase else ser.NoEncryption()
        return str(self.private.private_bytes(ser.Encoding.PEM, FORMS[form], encryption).decode())

    @property
    def openssh(self) -> str:
        return self.text("openssh")

    @property
    def public(self) -> str:
        public = self.private.public_key()
        return str(public.public_bytes(ser.Encoding.OpenSSH, ser.PublicFormat.OpenSSH).decode())


def new_key(kind: str) -> KeyPair:
    return KeyPair(_MAKERS[kind]())


def host_key_blob(pair: KeyPair) -> bytes:
    return base64.b64decode(pair.public.split()[1])
