"""The certificates of an API user's login by certificate: the user's own, and the one of Responsys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from responsys_sandbox.keys import write_secret

if TYPE_CHECKING:
    from pathlib import Path

_BITS = 2048
_LIFE = timedelta(days=825)


@dataclass(frozen=True, slots=True)
class ApiCertificates:
    """What Responsys knows of a login by certificate.

    Attributes:
        client_key: that of the certificate uploaded for the API user.
        server_key: the one that Responsys proves with who it is.
    """

    client_key: rsa.RSAPublicKey
    server_key: rsa.RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiCertificateFolder:
    """The files of a login by certificate, made once and kept.

    Attributes:
        folder: where they are; it exists.
    """

    folder: Path

    @property
    def client_key_file(self) -> Path:
        """The API user's private key, in PEM."""
        return self.folder / "api_client_key.pem"

    @property
    def client_certificate_file(self) -> Path:
        """The API user's certificate as it is uploaded, in DER."""
        return self.folder / "api_client.cer"

    @property
    def server_certificate_file(self) -> Path:
        """The certificate of Responsys as it is downloaded, in DER."""
        return self.folder / "api_server.cer"

    def ensure(self) -> ApiCertificates:
        """Return the keys, after making them unless they are there."""
        client = _ensured(self.client_key_file, self.client_certificate_file, "Sandbox API user")
        server = _ensured(
            self.folder / "api_server_key.pem", self.server_certificate_file, "Responsys sandbox"
        )
        return ApiCertificates(client.public_key(), server)


def _ensured(key_file: Path, certificate_file: Path, common_name: str) -> rsa.RSAPrivateKey:
    if not (key_file.exists() and certificate_file.exists()):
        made = rsa.generate_private_key(65537, _BITS)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(made.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + _LIFE)
            .sign(made, SHA256())
        )
        write_secret(key_file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate_file.write_bytes(certificate.public_bytes(Encoding.DER))
    key = load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{key_file} holds no RSA key")
    return key
