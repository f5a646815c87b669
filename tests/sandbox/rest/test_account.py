"""User and folders: rest-api.md section 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.restclient import error

if TYPE_CHECKING:
    from support.restclient import RestClient


def test_user_info_tells_the_time_zone(client: RestClient) -> None:
    info = client.call("GET", "/user/info").json()

    assert info["userName"] == client.rest.options.user_name
    assert info["accountTimeZone"] == "America/Los_Angeles"


def test_folders(client: RestClient) -> None:
    created = client.call("POST", "/folders", json={"folderName": "New Folder"}).json()
    assert (created["success"], created["errorMessage"]) == (True, "")

    folders = client.call("GET", "/folders").json()["folders"]
    assert [folder["name"] for folder in folders] == ["CDP", "New Folder"]
    assert folders[1]["id"] == created["folderId"]
    assert [folder["name"] for folder in client.call("GET", "/folders?offset=1").json()["folders"]] == [
        "New Folder"
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CDP", "FOLDER_ALREADY_EXISTS"),
        ("a/b", "INVALID_PARAMETER"),
        ("x" * 101, "INVALID_PARAMETER"),
        (None, "INVALID_PARAMETER"),
    ],
)
def test_folders_refused(client: RestClient, name: str | None, code: str) -> None:
    assert error(client.call("POST", "/folders", json={"folderName": name})) == (400, code)
