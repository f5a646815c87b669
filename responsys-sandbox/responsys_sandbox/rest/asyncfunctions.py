"""The API functions that are carried out later, and those that ask for their results (rest-api.md 3.9)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.asyncqueue import poll_many, poll_some, submit
from responsys_sandbox.rest.call import ASYNC_API, Function
from responsys_sandbox.rest.extensionmembers import delete_rows, merge_extension
from responsys_sandbox.rest.listmembers import delete_members, merge_list
from responsys_sandbox.rest.members import delete_members_by_key, merge_members

if TYPE_CHECKING:
    from collections.abc import Callable

    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.rest.options import RestOptions

ASYNC_WORK: dict[str, Callable[[Call], Any]] = {
    "asyncMergeListMembers": merge_list,
    "asyncDeleteListMembers": delete_members,
    "asyncMergeExtensionMembers": merge_extension,
    "asyncDeleteExtensionMembers": delete_rows,
    "asyncMergeTableMembers": merge_members,
    "asyncDeleteTableMembers": delete_members_by_key,
}
"""What does the work, by the name of the function that was called."""

_LIST = f"{ASYNC_API}/lists/{{listName}}/members"
_EXTENSION = f"{ASYNC_API}/lists/{{listName}}/listExtensions/{{petName}}/members"
_TABLE = f"{ASYNC_API}/folders/{{folderName}}/suppData/{{tableName}}/members"


def _merge(name: str, path: str) -> Function:
    return Function(name, "POST", path, "Queue a merge", 1000, partial(submit, name), status=202)


def _deletion(
    name: str, path: str, offered: Callable[[RestOptions], bool] = lambda _: True, spelling: str = ""
) -> Function:
    return Function(
        name + spelling,
        "POST",
        path,
        "Queue a deletion",
        1000,
        partial(submit, name),
        status=202,
        action="delete",
        offered=offered,
    )


ASYNC_FUNCTIONS = (
    _merge("asyncMergeListMembers", _LIST),
    _deletion("asyncDeleteListMembers", _LIST),
    _merge("asyncMergeExtensionMembers", _EXTENSION),
    _deletion("asyncDeleteExtensionMembers", _EXTENSION),
    _merge("asyncMergeTableMembers", _TABLE),
    _deletion("asyncDeleteTableMembers", _TABLE, lambda options: options.async_delete_path == "single"),
    _deletion(
        "asyncDeleteTableMembers",
        f"{_TABLE}/members",
        lambda options: options.async_delete_path == "doubled",
        "AsPrinted",
    ),
    Function(
        "asyncRetrieveResponse",
        "GET",
        f"{ASYNC_API}/requests/{{requestId}}",
        "Retrieve the results of queued requests",
        1000,
        poll_some,
    ),
    Function(
        "asyncRetrieveResponses",
        "POST",
        f"{ASYNC_API}/requests",
        "Retrieve the results of many queued requests",
        1000,
        poll_many,
    ),
)
"""Limits: 1000 for asking after a request is Segment's experience, the others are assumed; Oracle says that
they are higher than those of the direct calls (rest-api.md 2.1, 2.4)."""
