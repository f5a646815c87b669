"""What an answer of the REST API means for the caller.

Oracle's pages disagree on the HTTP status of several errors (a throttled call is 400, 401 or 429), so the
error code in the body decides and the status only where there is none (rest-api error pages, status FAQ).
"""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, ResponsysError, SettingsError

if TYPE_CHECKING:
    from responsys_io.resthttp import Answer

_OK = range(200, 300)
_REDIRECT = range(300, 400)
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500

_BAD_TOKEN = {"INVALID_TOKEN", "TOKEN_EXPIRED", "UNRECOVERABLE_EXCEPTION"}
_BAD_TOKEN_DETAIL = "Not a valid authentication token"  # noqa: S105  a text of Oracle's
_LOGIN_REFUSALS = {"INVALID_USER_NAME_PASSWORD", "AUTHENTICATION_FAILED"}
_PASSING = {"UNEXPECTED_EXCEPTION", "UNABLE_TO_SUBMIT_ASYNC_REQUEST", "SERVICE_UNAVAILABLE"}
_REMEDIES = {
    "INVALID_USER_NAME_PASSWORD": "Check api_username and api_password. It was tried once only, since "
    "Responsys locks a user after several failures.",
    "AUTHENTICATION_FAILED": "Check api_username, and that the certificate uploaded for this user is that of "
    "the key in api_private_key. It was tried once only.",
    "INVALID_AUTHENTICATION_OPTION": "The user may not sign in this way: an administrator has to allow it.",
    "CLIENT_CERTIFICATE_NOT_FOUND": "An administrator has to upload a certificate for this user.",
    **dict.fromkeys(
        ("CLIENT_CERTIFICATE_EXPIRED", "CLIENT_CERTIFICATE_NOT_YET_VALID"),
        "An administrator has to upload a certificate that is valid now for this user.",
    ),
    **dict.fromkeys(
        ("SERVER_CERTIFICATE_NOT_FOUND", "SERVER_CERTIFICATE_EXPIRED", "SERVER_CERTIFICATE_NOT_YET_VALID"),
        "Responsys has no valid certificate of its own for this login: ask Oracle.",
    ),
    **dict.fromkeys(
        ("LOGIN_BLOCKED_TEMPORARILY", "MAX_LOGIN_FAILURES_EXCEEDED"),
        "The user is locked after several failures: wait, or have an administrator unlock it.",
    ),
    "PASSWORD_LOCKOUT": "The user is locked: an administrator has to unlock it.",
    "PASSWORD_EXPIRED": "The password has expired: an administrator has to set a new one.",
    "ACCOUNT_SUSPENDED": "The account is suspended: ask Oracle.",
    "API_DISABLED_FOR_USER": "The user needs a web services role, for example Table Web Services Manager. "
    "Campaigns can be read only in accounts that have the Email Message Designer.",
    "ASYNC_API_DISABLED_FOR_USER": "Set api_mode to sync, or ask Oracle to enable the asynchronous API.",
    "INSUFFICIENT_ACCESS": "The user needs a web services role, for example Table Web Services Manager.",
    "CONNECT_DISABLED_FOR_USER": "The user needs access to Connect, for example the role Data Director.",
    "API_BLOCKED": "Oracle has barred this user from this function: ask Oracle's support.",
}
_QUOTED = re.compile(r'"[^"]*"')
_ADDRESS = re.compile(r"\S*@\S*")
_DETAIL_LENGTH = 200
_CODE_LENGTH = 80
_TITLE = re.compile(r"<title>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TITLE_LENGTH = 80
_FORBIDDEN = 403


class Verdict(enum.Enum):
    """What to do after an answer."""

    DONE = enum.auto()
    SIGN_IN_AGAIN = enum.auto()
    WAIT_FOR_NEXT_MINUTE = enum.auto()
    WAIT_FOR_CAPACITY = enum.auto()
    TRY_AGAIN = enum.auto()
    REFUSED = enum.auto()


@dataclass(frozen=True)
class Judged:
    """An answer read and judged.

    Args:
        verdict: What to do.
        status: HTTP status.
        document: The decoded JSON, or None where the body is none.
        page: Title of the page that came instead of JSON; empty where there is none.
    """

    verdict: Verdict
    status: int
    document: Any
    page: str = ""

    @property
    def error_code(self) -> str:
        """Responsys's error code, or an empty text."""
        return error_code(self.document)

    @property
    def detail(self) -> str:
        """Responsys's own words without what may be a value of a row."""
        words = _text(self.document, "detail") or _text(self.document, "title")
        return without_values(words)[:_DETAIL_LENGTH].strip()


class RefusedError(DataError):
    """Responsys has refused a call, and would again.

    Args:
        where: What the call was about.
        judged: The answer.
    """

    def __init__(self, where: str, judged: Judged) -> None:
        self.error_code = judged.error_code
        code = judged.error_code or f"HTTP {judged.status} without an error code"
        super().__init__("RSYS-4009", f"Responsys refused to {where}: {code}. {judged.detail}")


def judge(answer: Answer) -> Judged:
    """Decide what an answer means."""
    document = _decoded(answer.body)
    code, detail = error_code(document), _text(document, "detail")
    page = "" if document is not None else _page_title(answer.body)
    return Judged(_verdict(answer.status, code, detail, document), answer.status, document, page)


def refusal(where: str, judged: Judged) -> ResponsysError:
    """Return the error to raise for a refused call.

    Args:
        where: What the call was about, to follow "refused to".
        judged: The answer.

    Returns:
        SettingsError RSYS-4002, RSYS-4006 or RSYS-4010 where credentials, address or rights are wrong, else
        RefusedError RSYS-4009.
    """
    if judged.status in _REDIRECT:
        return SettingsError(
            "RSYS-4006",
            f"The answer to the request to {where} was a redirect, which is not followed.",
            "Check api_url: it has to be the address of the REST login, not that of the web pages.",
        )
    if remedy := _REMEDIES.get(judged.error_code):
        number = "RSYS-4002" if judged.error_code in _LOGIN_REFUSALS else "RSYS-4010"
        return SettingsError(number, f"Responsys refused to {where}: {judged.error_code}.", remedy)
    if judged.status == _FORBIDDEN and not judged.error_code:
        return SettingsError(
            "RSYS-4010",
            f"Responsys refused to {where}: HTTP {judged.status}.",
            "Oracle may have to allow the address that this runs at, or a proxy the host.",
        )
    return RefusedError(where, judged)


def error_code(document: Any) -> str:
    """Return the error code of a decoded answer, or an empty text; no address or other value of a row."""
    return without_values(_text(document, "errorCode"))[:_CODE_LENGTH]


def without_values(words: str) -> str:
    """Return words of the service without what may be a value of a row, or an address."""
    return _ADDRESS.sub("…", _QUOTED.sub('"…"', words))


def _verdict(status: int, code: str, detail: str, document: Any) -> Verdict:
    if status in _OK:
        # A maintenance page can come with status 200, and an answer can be cut off. No function answers with
        # a bare text or number.
        return Verdict.DONE if isinstance(document, dict | list | bool) else Verdict.TRY_AGAIN
    if code in _BAD_TOKEN or (code == "UNEXPECTED_EXCEPTION" and detail == _BAD_TOKEN_DETAIL):
        return Verdict.SIGN_IN_AGAIN
    if code == "API_LIMIT_EXCEEDED" or (status == _TOO_MANY_REQUESTS and code != "API_BLOCKED"):
        return Verdict.WAIT_FOR_NEXT_MINUTE
    if code == "INTERNAL_CAPACITY_LIMIT_EXCEEDED":
        return Verdict.WAIT_FOR_CAPACITY
    if code in _PASSING or status >= _SERVER_FAULT:
        return Verdict.TRY_AGAIN
    return Verdict.REFUSED


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _page_title(body: bytes) -> str:
    """Return the title of a page of HTML; anything else may hold values of rows."""
    found = _TITLE.search(body.decode(errors="replace"))
    return without_values(" ".join(found[1].split()))[:_TITLE_LENGTH] if found else ""


def _text(document: Any, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""
