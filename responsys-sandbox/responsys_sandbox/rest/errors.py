"""Refusals, in the one shape the API has for them (rest-api.md section 7)."""

from __future__ import annotations

from typing import Any

ERRORS: dict[str, tuple[int, str]] = {
    "ACCOUNT_SUSPENDED": (401, "Account suspended"),
    "API_BLOCKED": (400, "API blocked"),
    "API_DISABLED_FOR_USER": (401, "API disabled for user"),
    "API_LIMIT_EXCEEDED": (400, "Request limit exceeded."),
    "ASYNC_API_DISABLED_FOR_USER": (401, "Async API disabled for user"),
    "AUTHENTICATION_FAILED": (400, "Authentication failed"),
    "CAMPAIGN_ALREADY_EXISTS": (400, "Campaign already exists"),
    "CAMPAIGN_NOT_FOUND": (404, "Campaign not found"),
    "CANNOT_RUN_CONNECT_JOB": (400, "Cannot run Connect job"),
    "CLIENT_CERTIFICATE_EXPIRED": (400, "Client certificate expired"),
    "CLIENT_CERTIFICATE_NOT_FOUND": (400, "Client certificate not found"),
    "CLIENT_CERTIFICATE_NOT_YET_VALID": (400, "Client certificate not yet valid"),
    "CONNECT_DISABLED_FOR_USER": (401, "Connect disabled for user"),
    "CONNECT_JOB_ALREADY_RUNNING": (400, "Connect job already running"),
    "CONNECT_JOB_INACTIVE": (400, "Connect job not active"),
    "CONNECT_JOB_NOT_FOUND": (404, "Connect job not found"),
    "CONNECT_JOB_RUN_NOT_FOUND": (404, "Connect job run not found"),
    "DUPLICATE_API_REQUEST": (400, "Duplicate API request."),
    "FOLDER_ALREADY_EXISTS": (400, "Folder already exists"),
    "FOLDER_NOT_FOUND": (404, "Folder not found"),
    "INSUFFICIENT_ACCESS": (401, "Insufficient access"),
    "INTERNAL_CAPACITY_LIMIT_EXCEEDED": (400, "Internal capacity limit exceeded"),
    "INVALID_AUTHENTICATION_OPTION": (400, "Invalid authentication option"),
    "INVALID_DATE": (400, "Invalid date"),
    "INVALID_FIELD_NAME": (400, "Invalid field name"),
    "INVALID_NUMBER": (400, "Invalid number"),
    "INVALID_OBJECT": (400, "Invalid object"),
    "INVALID_PARAMETER": (400, "Invalid request parameters"),
    "INVALID_REQUEST_CONTENT": (400, "Invalid request content"),
    "INVALID_TOKEN": (401, "Not a valid token"),
    "INVALID_USER_NAME_PASSWORD": (400, "Invalid username or password"),
    "LIST_ALREADY_EXISTS": (400, "List already exists"),
    "LIST_NOT_FOUND": (404, "List not found"),
    "LOGIN_BLOCKED_TEMPORARILY": (401, "Login blocked temporarily"),
    "MAX_ATTACHMENT_SIZE_EXCEEDED": (400, "Maximum attachment size exceeded"),
    "MAX_LOGIN_FAILURES_EXCEEDED": (401, "Maximum login failures exceeded"),
    "MULTIPLE_OBJECTS_FOUND": (400, "Multiple objects found"),
    "OBJECT_NOT_FOUND": (404, "Object not found"),
    "OPERATION_NOT_SUPPORTED": (400, "Operation not supported"),
    "PASSWORD_EXPIRED": (401, "Password expired"),
    "PASSWORD_LOCKOUT": (401, "Password lockout"),
    "PROCESSING_REQUEST": (200, "Still processing request"),
    "PROFILE_EXTENSION_NOT_FOUND": (404, "Profile extension not found"),
    "RECIPIENT_LIMIT_EXCEEDED": (400, "Recipient limit exceeded"),
    "RECORD_LIMIT_EXCEEDED": (400, "Record limit exceeded"),
    "RECORD_NOT_FOUND": (404, "Record not found"),
    "RESOURCE_NOT_FOUND": (404, "Resource not found"),
    "RESPONSE_PURGED": (200, "Response Message Purged"),
    "SERVER_CERTIFICATE_EXPIRED": (400, "Server certificate expired"),
    "SERVER_CERTIFICATE_NOT_FOUND": (400, "Server certificate not found"),
    "SERVER_CERTIFICATE_NOT_YET_VALID": (400, "Server certificate not yet valid"),
    "SERVICE_UNAVAILABLE": (503, "Service unavailable"),
    "TABLE_ALREADY_EXISTS": (400, "Table already exists"),
    "TABLE_NOT_FOUND": (404, "Table not found"),
    "TOKEN_EXPIRED": (401, "Authentication token expired"),
    "UNABLE_TO_SUBMIT_ASYNC_REQUEST": (500, "Error in submitting async request"),
    "UNEXPECTED_EXCEPTION": (500, "Unexpected exception"),
    "UNRECOVERABLE_EXCEPTION": (500, "Unrecoverable exception"),
}
"""Usual status and title of every error code; where no source has a status, that of its kind of error."""


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
        usual_status, self.title = ERRORS[code]
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
