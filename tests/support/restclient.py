"""A plain HTTP client of the sandbox's REST API, to see exactly what goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from responsys_sandbox.profilelists import LIST_NAME

if TYPE_CHECKING:
    from responsys_sandbox.rest import RestApi
    from responsys_sandbox.store import Store

API = "/rest/api/v1.3"
SOON = (5, 20)
"""Seconds to connect and to wait for an answer: never reached unless something hangs."""


@dataclass
class RestClient:
    """Calls a running API; `token` goes with every call while it is not None."""

    rest: RestApi
    token: str | None = None
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def store(self) -> Store:
        return self.rest.store

    def token_call(self, url: str, **form: str) -> requests.Response:
        """Call the log-in function of one of the hosts."""
        headers = {"Authorization": self.token} if self.token else {}
        return self.http.post(f"{url}{API}/auth/token", data=form, headers=headers, timeout=SOON)

    def log_in(self, **changes: str) -> requests.Response:
        """Log in by password at the login host and keep the token."""
        options = self.rest.options
        form = {"user_name": options.user_name, "password": options.password, "auth_type": "password"}
        self.token = None
        answer = self.token_call(self.rest.login_url, **(form | changes))
        if answer.ok:
            self.token = answer.json()["authToken"]
        return answer

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        """Call a path under `/rest/api/v1.3` of the endPoint."""
        return self.raw(method, API + path, **arguments)

    def raw(self, method: str, path: str, **arguments: Any) -> requests.Response:
        headers = {"Authorization": self.token} if self.token is not None else {}
        url = self.rest.end_point + path
        return self.http.request(method, url, headers=headers, timeout=SOON, **arguments)

    def create(self, name: str, fields: dict[str, str], key: list[str], folder: str = "CDP") -> None:
        """Create a table through the API."""
        body = {
            "table": {"objectName": name},
            "fields": [
                {"fieldName": field, "fieldType": kind, "dataExtractionKey": False}
                for field, kind in fields.items()
            ],
            "primaryKeys": key,
        }
        answer = self.call("POST", f"/folders/{folder}/suppData", json=body)
        assert answer.status_code == 200, answer.text

    def merge(
        self, fields: list[str], *records: list[Any], table: str = "AUDIENCE", **more: Any
    ) -> requests.Response:
        """Merge records into a table of the folder CDP."""
        body = {
            "recordData": {"fieldNames": fields, "records": list(records), "mapTemplateName": None},
            "insertOnNoMatch": True,
            "updateOnMatch": "REPLACE_ALL",
        }
        return self.call("POST", f"/folders/CDP/suppData/{table}/members", json=body | more)

    def merge_list(self, fields: list[str], *records: list[Any], **rule: Any) -> requests.Response:
        """Merge members into the list of contacts, by e-mail address unless the rule says otherwise."""
        body = {
            "recordData": {"fieldNames": fields, "records": list(records), "mapTemplateName": None},
            "mergeRule": {
                "htmlValue": "H",
                "textValue": "T",
                "optinValue": "I",
                "optoutValue": "O",
                "insertOnNoMatch": True,
                "updateOnMatch": "REPLACE_ALL",
                "matchColumnName1": "EMAIL_ADDRESS_",
                "matchColumnName2": None,
                "matchOperator": "NONE",
                "rejectRecordIfChannelEmpty": None,
                "defaultPermissionStatus": "OPTIN",
                **rule,
            },
        }
        return self.call("POST", f"/lists/{LIST_NAME}/members", json=body)

    def create_extension(self, name: str, **fields: str) -> None:
        """Create an extension table of the list of contacts in the folder CDP."""
        body = {
            "profileExtension": {"objectName": name, "folderName": "CDP"},
            "fields": [{"fieldName": field, "fieldType": kind} for field, kind in fields.items()],
        }
        answer = self.call("POST", f"/lists/{LIST_NAME}/listExtensions", json=body)
        assert (answer.status_code, answer.json()) == (200, True), answer.text

    def merge_extension(
        self, name: str, fields: list[str], *records: list[Any], **more: Any
    ) -> requests.Response:
        """Merge rows into an extension table, by e-mail address unless told otherwise."""
        body = {
            "recordData": {"fieldNames": fields, "records": list(records), "mapTemplateName": None},
            "insertOnNoMatch": True,
            "updateOnMatch": "REPLACE_ALL",
            "matchColumnName1": "EMAIL_ADDRESS",
            "matchColumnName2": None,
        }
        path = f"/lists/{LIST_NAME}/listExtensions/{name}/members"
        return self.call("POST", path, json=body | more)


def error(answer: requests.Response) -> tuple[int, str]:
    """Return status and error code, having checked the shape of the error object."""
    body = answer.json()
    assert list(body) == ["type", "title", "errorCode", "detail", "errorDetails"]
    assert (body["type"], body["errorDetails"]) == ("", [])
    return answer.status_code, body["errorCode"]
