"""Log-in, token life and lock-out (rest-api.md 1.3 to 1.6)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from responsys_sandbox.rest.certificatelogin import CertificateLogins
from responsys_sandbox.rest.errors import ApiError

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.options import RestOptions
    from responsys_sandbox.store import Store

_NOT_A_TOKEN = "Not a valid authentication token"  # noqa: S105 - the API's words
_TOKEN_BYTES = 40  # 54 characters, as recorded


class Sessions:
    """The tokens of the account and the refused log-ins of its user.

    Attributes:
        by_certificate: log-ins by certificate that have begun.
    """

    def __init__(self, store: Store, options: RestOptions) -> None:
        self._store = store
        self._options = options
        self._refused = 0
        self.by_certificate = CertificateLogins(options)

    def log_in(self, user_name: str, password: str, now: float) -> str:
        """Return a new token.

        Raises:
            ApiError: wrong name or password, or the user is locked out.
        """
        if user_name != self._options.user_name:
            raise ApiError("INVALID_USER_NAME_PASSWORD")
        if self._refused >= self._options.wrong_passwords:
            raise ApiError("PASSWORD_LOCKOUT", "User is locked out")
        if password != self._options.password:
            self._refused += 1
            raise ApiError("INVALID_USER_NAME_PASSWORD")
        self._refused = 0
        return self.issue(now)

    def unlock(self) -> None:
        """Let the user in again after a lock-out, as an administrator would."""
        self._refused = 0

    def issue(self, now: float) -> str:
        """Return a new token; older ones stay valid."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._store.save_token(token, now)
        return token

    def check(self, token: str, now: float) -> None:
        """Refuse a token that is unknown or has expired.

        Raises:
            ApiError: INVALID_TOKEN, or the expiry error the options ask for.
        """
        issued_at = self._store.token_issued_at(token)
        if issued_at is None:
            raise ApiError("INVALID_TOKEN", _NOT_A_TOKEN)
        if now - issued_at >= self._options.token_life:
            expired = self._options.expired_token
            raise ApiError(expired, "Token expired" if expired == "TOKEN_EXPIRED" else _NOT_A_TOKEN)


def authenticate(call: Call) -> Any:
    """`POST /auth/token`: log in by password, or by certificate in two steps, or renew a token."""
    form = parse_qs(call.body.decode(errors="replace"), keep_blank_values=True)
    if call.options.credentials_in_url:
        form = {**call.query, **form}
    fields = {name: values[0] for name, values in form.items()}
    match fields.get("auth_type"):
        case "password":
            token = call.sessions.log_in(fields.get("user_name", ""), fields.get("password", ""), call.now)
        case "server":
            return call.sessions.by_certificate.begin(
                fields.get("user_name", ""), fields.get("client_challenge", ""), call.now
            )
        case "client":
            call.sessions.by_certificate.finish(
                call.token, fields.get("user_name", ""), fields.get("server_challenge", ""), call.now
            )
            token = call.sessions.issue(call.now)
        case "token":
            if call.at_login_host and not (call.options.refresh_on_login_host or call.options.global_routing):
                raise ApiError("INVALID_TOKEN", _NOT_A_TOKEN)
            call.sessions.check(call.token, call.now)
            token = call.sessions.issue(call.now)
        case _:
            raise ApiError("INVALID_AUTHENTICATION_OPTION", "auth_type is not known")
    return {"authToken": token, "issuedAt": int(call.now * 1000), "endPoint": call.end_point}
