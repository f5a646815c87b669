"""Signing in to the REST API: where to, with what, and a token that all calls of a run share.

The login host names another host, the `endPoint`, that every further call and the token's renewal go to
(Oracle's Authentication pages).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from responsys_io.errors import SettingsError, TransientError
from responsys_io.ratelimit import ApiFunction, Pacer
from responsys_io.restanswers import RefusedError, Verdict, refusal
from responsys_io.restcertificate import CertificateKeys, sign_in_by_certificate
from responsys_io.resthosts import checked_login_host, trusted_end_point

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from responsys_io.restanswers import Judged
    from responsys_io.resthttp import Answer
    from responsys_io.restretry import Pursuit
    from responsys_io.traffic import Exchanger

logger = logging.getLogger(__name__)

TOKEN_TTL = 7200.0

PASSWORD_SETTINGS = ("api_url", "api_username", "api_password")
CERTIFICATE_SETTINGS = ("api_private_key", "api_private_key_file", "api_server_certificate_file")

_RENEW_AT = 0.75
_TOKEN_PATH = "/rest/api/v1.3/auth/token"  # noqa: S105  a path
_LOGIN = ApiFunction("POST", "/auth/token")
_ATTEMPTS = 4


def has_secret(config: Mapping[str, Any]) -> bool:
    """Tell whether settings hold a password, or something of a login by certificate."""
    return any(config.get(name) for name in ("api_password", *CERTIFICATE_SETTINGS))


def has_login(config: Mapping[str, Any]) -> bool:
    """Tell whether settings name the API, its user and a secret."""
    return all(config.get(name) for name in ("api_url", "api_username")) and has_secret(config)


@dataclass(frozen=True, kw_only=True)
class ApiLogin:
    """How to reach and enter the REST API; the fields are the plugins' settings of these names.

    Args:
        api_url: Address of the login host.
        api_username: API user.
        api_password: Password; empty for a login by certificate.
        certificate: The keys of a login by certificate, read from their settings; else None.
        allowed_endpoint_hosts: Host names to trust besides Responsys's own domains, also without TLS.
        token_ttl: Seconds that a token lives.
    """

    api_url: str
    api_username: str
    api_password: str = field(default="", repr=False)
    certificate: CertificateKeys | None = None
    allowed_endpoint_hosts: frozenset[str] = frozenset()
    token_ttl: float = TOKEN_TTL

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Pick the login out of a plugin's settings.

        Raises:
            SettingsError: RSYS-1006 when one is missing, RSYS-1011 for two ways to sign in, RSYS-4013 for an
                address without TLS; for the keys of a login by certificate see `CertificateKeys`.
        """
        by_certificate = any(config.get(name) for name in CERTIFICATE_SETTINGS)
        needed = ("api_url", "api_username") if by_certificate else PASSWORD_SETTINGS
        if missing := [name for name in needed if not config.get(name)]:
            raise SettingsError(
                "RSYS-1006",
                f"The REST API's settings are incomplete: {', '.join(missing)} missing.",
                "The login host is shown in Responsys under Account > Global settings; api_private_key_file "
                "and api_server_certificate_file may stand in for api_password.",
            )
        if by_certificate and config.get("api_password"):
            raise SettingsError(
                "RSYS-1011",
                "Both api_password and the keys of a login by certificate are set.",
                "Set one of the two.",
            )
        allowed = frozenset(map(str.lower, config.get("allowed_endpoint_hosts") or ()))
        return cls(
            api_url=checked_login_host(config["api_url"], allowed),
            api_username=config["api_username"],
            api_password=config.get("api_password") or "",
            certificate=CertificateKeys.from_config(config) if by_certificate else None,
            allowed_endpoint_hosts=allowed,
            token_ttl=config.get("token_ttl") or TOKEN_TTL,
        )


@dataclass(frozen=True)
class Token:
    """A token, the host that takes it, and when it has to be renewed (seconds of the session's clock)."""

    text: str
    end_point: str
    renew_at: float


class Tokens:
    """The run's token: got once, shared by threads, renewed in time. A refused login is never tried again.

    Args:
        login: Whom to reach and how to enter.
        http: Makes the exchanges.
        pacer: Spaces logins, which are limited too.
        pursuit: The session's patience; a login host that cannot be reached is given up sooner.
    """

    def __init__(self, login: ApiLogin, http: Exchanger, pacer: Pacer, pursuit: Pursuit) -> None:
        self._login = login
        self._http = http
        self._pacer = pacer
        self._pursuit = replace(
            pursuit, retry=replace(pursuit.retry, limit=min(_ATTEMPTS, pursuit.retry.limit))
        )
        self._clock: Callable[[], float] = pursuit.clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._refused: Exception | None = None

    def current(self, *, refused: Token | None = None) -> Token:
        """Return a token to use now.

        Args:
            refused: A token that Responsys has refused: if it is still the current one, sign in anew.

        Raises:
            SettingsError: RSYS-4002, RSYS-4010 when the login is refused, RSYS-4101 when the server has not
                proved who it is, RSYS-4008 for its endPoint.
            RefusedError: RSYS-4009 when the login is refused for another reason.
            TransientError: When it does not succeed for another reason.
        """
        with self._lock:
            if self._refused is not None:
                raise self._refused
            token = self._token
            if token is None or token is refused:
                self._token = self._sign_in()
            elif self._clock() >= token.renew_at:
                self._token = self._renewed(token) or self._sign_in()
            return self._token  # type: ignore[return-value]  # set on every way here

    def _sign_in(self) -> Token:
        try:
            judged = self._entered()
            if judged.verdict is not Verdict.DONE:
                raise refusal("sign in", judged)
        except (SettingsError, RefusedError) as error:
            self._refused = error
            raise
        return self._token_of(judged.document)

    def _entered(self) -> Judged:
        login = self._login

        def ask(form: Mapping[str, str], token: str | None) -> Judged:
            return self._pursuit.run(
                lambda: self._post(login.api_url, form, token),
                where="sign in",
                host=login.api_url,
                repeatable=True,
            )

        if login.certificate:
            return sign_in_by_certificate(login.api_username, login.certificate, ask)
        form = {
            "user_name": login.api_username,
            "password": login.api_password,
            "auth_type": "password",
        }
        return ask(form, None)

    def _renewed(self, token: Token) -> Token | None:
        """Trade a living token for a new one, or return None when that does not work for whatever reason."""
        try:
            judged = self._pursuit.run(
                lambda: self._post(token.end_point, {"auth_type": "token"}, token.text),
                where="renew the token",
                host=token.end_point,
                repeatable=True,
            )
        except TransientError as error:
            logger.info("%s Signing in again", error)
            return None
        if judged.verdict is not Verdict.DONE:
            logger.info(
                "The token was not renewed (%s): signing in again", judged.error_code or judged.status
            )
            return None
        return self._token_of(judged.document)

    def _post(self, base: str, form: Mapping[str, str], token: str | None = None) -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if token:
            headers["Authorization"] = token
        with self._pacer.turn(_LOGIN):
            return self._http.exchange(
                "POST", base + _TOKEN_PATH, headers=headers, body=urlencode(form).encode("ascii")
            )

    def _token_of(self, document: Any) -> Token:
        text = document.get("authToken") if isinstance(document, dict) else None
        if not isinstance(text, str) or not text:
            raise TransientError(
                "RSYS-4005",
                "The login's answer holds no token.",
                "Check api_url: it may not be a login host.",
            )
        end_point = trusted_end_point(document.get("endPoint"), self._login.allowed_endpoint_hosts)
        logger.debug("Signed in; calls go to %s", end_point)
        return Token(text, end_point, self._clock() + _RENEW_AT * self._login.token_ttl)
