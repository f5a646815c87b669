"""Refusals, in the one shape the API has for them (rest-api.md section 7)."""

from __future__ import annotations

from typing import Any

_KNOWN: dict[str, tuple[int, str]] = {
    "API_BLOCKED": (400, "API blocked"),
    "API_DISABLED_FOR_USER": (401, "API disabled for user"),
    "API_LIMIT_EXCEEDED": (400, "Request limit exceeded."),
    "CAMPAIGN_NOT_FOUND": (404, "Campaign not found"),
    "FOLDER_ALREADY_EXISTS": (400, "Folder already exists"),
    "FOLDER_NOT_FOUND": (404, "Folder not found"),
    "INTERNAL_CAPACITY_LIMIT_EXCEEDED": (400, "Internal capacity limit exceeded"),
    "INVALID_AUTHENTICATION_OPTION": (400, "Invalid authentication option"),
    "INVALID_FIELD_NAME": (400, "Invalid field name"),
    "INVALID_PARAMETER": (400, "Invalid request parameters"),
    "INVALID_REQUEST_CONTENT": (400, "Invalid request content"),
    "INVALID_TOKEN": (401, "Not a valid token"),
    "INVALID_USER_NAME_PASSWORD": (400, "Invalid username or password"),
    "PASSWORD_LOCKOUT": (401, "Password lockout"),
    "RECIPIENT_LIMIT_EXCEEDED": (400, "Recipient limit exceeded"),
    "RECORD_LIMIT_EXCEEDED": (400, "Record limit exceeded"),
    "RECORD_NOT_FOUND": (404, "Record not found"),
    "RESOURCE_NOT_FOUND": (404, "Resource not found"),
    "TABLE_ALREADY_EXISTS": (400, "Table already exists"),
    "TABLE_NOT_FOUND": (404, "Table not found"),
    "TOKEN_EXPIRED": (401, "Authentication token expired"),
    "UNEXPECTED_EXCEPTION": (500, "Unexpected exception"),
}


class ApiError(Exception):
    """The API refuses a call.

    Args:
        code: the `errorCode`.
        detail: the `detail`.
        status: HTTP status where it is not the code's usual one.
        plain_text: send the detail as text instead of the JSON shape.
    """

    def __init__(
        self, code: str, detail: str = "", *, status: int | None = None, plain_text: bool = False
    ) -> None:
        usual_status, self.title = _KNOWN[code]
        self.code = code
        self.detail = detail
        self.status = status or usual_status
        self.plain_text = plain_text
        super().__init__(f"{code}: {detail}")

    def body(self) -> dict[str, Any]:
        """Return the error object."""
        return {
            "type": "",
            "title": self.title,
            "errorCode": self.code,
            "detail": self.detail,
            "errorDetails": [],
        }


def invalid(detail: str) -> ApiError:
    """Return the refusal of a well-formed body whose content is wrong."""
    return ApiError("INVALID_PARAMETER", detail)


def unreadable() -> ApiError:
    """Return the refusal of a body that cannot be read at all."""
    return ApiError("INVALID_REQUEST_CONTENT", "Request body is empty or invalid")
