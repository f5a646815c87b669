"""The account itself: who is logged in, and its folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.tables import object_name_problem

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call

_CREATED = "2020-01-01 00:00:00"


def user_info(call: Call) -> Any:
    """`GET /user/info`."""
    return {
        "accountName": "sandbox",
        "userName": call.options.user_name,
        "userEmail": "api.user@example.com",
        "userLocale": "en_US",
        "accountDisplayName": "Sandbox",
        "accountTimeZone": call.options.account_time_zone,
        "createdDate": _CREATED,
    }


def list_folders(call: Call) -> Any:
    """`GET /folders`."""
    folders = [
        {
            "id": str(folder.id),
            "name": folder.name,
            "subType": "",
            "objSource": "",
            "accountId": "1",
            "status": "ACTIVE",
            "createdBy": call.options.user_name,
            "modifiedBy": call.options.user_name,
            "createdDate": _CREATED,
            "modifiedDate": _CREATED,
            "objectType": "FOLDER",
            "new": False,
        }
        for folder in call.store.folders()[call.page()]
    ]
    return {"folders": folders}


def create_folder(call: Call) -> Any:
    """`POST /folders`."""
    name = call.json_object().get("folderName")
    if not isinstance(name, str):
        raise invalid("folderName is required")
    if problem := object_name_problem(name, "Folder"):
        raise invalid(problem)
    if call.store.folder(name):
        raise ApiError("FOLDER_ALREADY_EXISTS", f"Folder name [{name}] already exists")
    folder = call.store.add_folder(name)
    return {"folderId": str(folder.id), "errorMessage": "", "success": True}
