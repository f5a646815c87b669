"""Log-in by certificate: two challenges, each answered with a private key (rest-api.md 1.6)."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from responsys_sandbox.rest.errors import ApiError, invalid

if TYPE_CHECKING:
    from responsys_sandbox.apicertificates import ApiCertificates
    from responsys_sandbox.rest.options import RestOptions

_CHALLENGE_BYTES = 32
_TOKEN_BYTES = 40
_TOKEN_LIFE = 300.0


@dataclass(frozen=True, slots=True)
class _Begun:
    user_name: str
    challenge: bytes
    at: float


class CertificateLogins:
    """The log-ins that have begun; each can be finished once, within five minutes."""

    def __init__(self, options: RestOptions) -> None:
        self._options = options
        self._begun: dict[str, _Begun] = {}

    def begin(self, user_name: str, client_challenge: str, now: float) -> dict[str, Any]:
        """Prove who the server is, and ask the same of the client.

        Raises:
            ApiError: the user has no certificate, or the challenge is none.
        """
        certificates = self._certificates(user_name)
        challenge = _decoded(client_challenge, "client_challenge")
        try:
            proof = certificates.server_key.sign(challenge, PKCS1v15(), NoDigestInfo())
        except ValueError:
            raise invalid("client_challenge is too long") from None
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        begun = self._begun[token] = _Begun(user_name, secrets.token_bytes(_CHALLENGE_BYTES), now)
        return {
            "authToken": token,
            "serverChallenge": self._encoded(begun.challenge),
            "clientChallenge": self._encoded(proof),
        }

    def finish(self, token: str, user_name: str, server_challenge: str, now: float) -> None:
        """Check the client's answer; the temporary token is used up by it.

        Raises:
            ApiError: the token is not that of a log-in that has begun, or the answer is wrong.
        """
        begun = self._begun.pop(token, None)
        if begun is None or now - begun.at >= _TOKEN_LIFE:
            raise ApiError("INVALID_TOKEN", "Not a valid authentication token")
        key = self._certificates(user_name).client_key
        try:
            said = key.recover_data_from_signature(
                _decoded(server_challenge, "server_challenge"), PKCS1v15(), NoDigestInfo()
            )
        except (InvalidSignature, ValueError):
            said = b""
        if user_name != begun.user_name or said != begun.challenge:
            raise ApiError("AUTHENTICATION_FAILED", "The server challenge was not answered rightly")

    def _certificates(self, user_name: str) -> ApiCertificates:
        if user_name != self._options.user_name or self._options.certificates is None:
            raise ApiError("CLIENT_CERTIFICATE_NOT_FOUND", "No client certificate found for the user")
        return self._options.certificates

    def _encoded(self, data: bytes) -> str:
        if self._options.url_safe_base64:
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        return base64.b64encode(data).decode()


def _decoded(text: str, name: str) -> bytes:
    """Decode Base64 of either alphabet, padded or not; a plus that the form turned into a blank counts."""
    plain = text.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        data = b""
    if not data:
        raise invalid(f"{name} is not Base64")
    return data
