"""Login by certificate: first Responsys proves with its private key who it is, then the client does.

What Oracle's Authentication pages call encrypting with a private key is a PKCS #1 v1.5 signature over the
challenge itself, without a digest (as two public samples of an Oracle employee do it).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from responsys_io.errors import SettingsError, TransientError
from responsys_io.keys import load_rsa_key
from responsys_io.restanswers import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_io.restanswers import Judged

    Ask = Callable[[Mapping[str, str], str | None], Judged]

_SETTING = "api_private_key"
_CHALLENGE_BYTES = 32
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")


@dataclass(frozen=True)
class CertificateKeys:
    """The two keys of a login by certificate.

    Args:
        private_key: The client's; Responsys has its certificate.
        server_key: That of the Responsys server certificate.
    """

    private_key: rsa.RSAPrivateKey = field(repr=False)
    server_key: rsa.RSAPublicKey

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read them from where a plugin's settings say.

        Raises:
            SettingsError: RSYS-1002 for a file that cannot be read, RSYS-1006 when one of the two is missing,
                RSYS-11nn for a private key that cannot be used, RSYS-1110 for a file that holds no
                certificate.
        """
        key: str = config.get(_SETTING) or ""
        key_file: str = config.get(f"{_SETTING}_file") or ""
        certificate_file = config.get("api_server_certificate_file")
        if not certificate_file or not (key or key_file):
            missing = f"{_SETTING}_file" if certificate_file else "api_server_certificate_file"
            raise SettingsError(
                "RSYS-1006",
                f"The REST API's settings are incomplete: {missing} missing.",
                "A login by certificate needs the client's private key and the Responsys server certificate.",
            )
        text = key or _read(f"{_SETTING}_file", key_file).decode(errors="replace")
        passphrase = config.get(f"{_SETTING}_passphrase")
        return cls(
            load_rsa_key(text, passphrase, source=_SETTING if key else key_file, setting=_SETTING),
            _public_key(_read("api_server_certificate_file", certificate_file), certificate_file),
        )


def sign_in_by_certificate(user_name: str, keys: CertificateKeys, ask: Ask) -> Judged:
    """Sign in.

    Args:
        user_name: The API user.
        keys: The two keys.
        ask: Sends a form to the login function, with a token where there is one.

    Returns:
        The answer with the token, or the first one that is a refusal.

    Raises:
        SettingsError: RSYS-4101 when the server has not proved to be Responsys; nothing more is sent to it
            then. RSYS-4102 for a challenge that the private key is too short for.
        TransientError: RSYS-4005 for an answer of a form that is not known.
    """
    judged = _asked(user_name, keys, ask)
    # The temporary token holds for one answer: where that got lost on its way, all begins anew.
    return _asked(user_name, keys, ask) if judged.verdict is Verdict.SIGN_IN_AGAIN else judged


def _asked(user_name: str, keys: CertificateKeys, ask: Ask) -> Judged:
    challenge = secrets.token_urlsafe(_CHALLENGE_BYTES).encode()
    form = {
        "user_name": user_name,
        "auth_type": "server",
        "client_challenge": encoded_challenge(challenge),
    }
    first = ask(form, None)
    if first.verdict is not Verdict.DONE:
        return first
    token, proof, server_challenge = _answered(first.document)
    _check_proof(proof, challenge, keys.server_key)
    form = {
        "user_name": user_name,
        "auth_type": "client",
        "server_challenge": encoded_challenge(_signed(server_challenge, keys.private_key)),
    }
    return ask(form, token)


def encoded_challenge(data: bytes) -> str:
    """Return the one form of Base64 that public clients send: URL-safe, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded_challenge(text: str) -> bytes:
    """Decode Base64 of either alphabet, with or without padding and line breaks.

    Raises:
        ValueError: It is none.
    """
    plain = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=").encode()
    if not _BASE64.fullmatch(plain):
        raise ValueError("not Base64")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64") from error


def _answered(document: Any) -> tuple[str, bytes, bytes]:
    """Return token, proof and challenge of the first answer."""
    found = document if isinstance(document, dict) else {}
    names = ("authToken", "clientChallenge", "serverChallenge")
    token, proof, challenge = (str(found.get(name) or "") for name in names)
    try:
        if token and proof and challenge:
            return token, decoded_challenge(proof), decoded_challenge(challenge)
    except ValueError:
        pass
    raise TransientError(
        "RSYS-4005",
        "Responsys answered the first step of the login by certificate in a form that is not known.",
        "Check api_url: it may not be a login host.",
    )


def _check_proof(proof: bytes, challenge: bytes, server_key: rsa.RSAPublicKey) -> None:
    try:
        said = server_key.recover_data_from_signature(proof, PKCS1v15(), NoDigestInfo())
    except (InvalidSignature, ValueError):
        said = b""
    if not hmac.compare_digest(said, challenge):
        raise SettingsError(
            "RSYS-4101",
            "The login host has not proved to have the key of api_server_certificate_file.",
            "Nothing more was sent to it. Download the server certificate of the account anew, and check "
            "api_url.",
        )


def _signed(challenge: bytes, key: rsa.RSAPrivateKey) -> bytes:
    try:
        return key.sign(challenge, PKCS1v15(), NoDigestInfo())
    except ValueError as error:
        raise SettingsError(
            "RSYS-4102",
            f"Responsys's challenge of {len(challenge)} bytes is too long for the key in api_private_key.",
            "Use a longer RSA key, and upload its certificate.",
        ) from error


def _public_key(data: bytes, path: str) -> rsa.RSAPublicKey:
    try:
        load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        key = load(data).public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_certificate(path) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise _no_certificate(path)
    return key


def _no_certificate(path: str) -> SettingsError:
    return SettingsError(
        "RSYS-1110",
        f"api_server_certificate_file {path} holds no X.509 certificate with an RSA key.",
        "Download the server certificate in Responsys where the API user's own was uploaded.",
    )


def _read(setting: str, path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except OSError as error:
        raise SettingsError(
            "RSYS-1002",
            f"{setting} {path} cannot be read: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error
