"""Profile lists and their columns (rest-api.md section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.rest.call import fields_of

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call
    from responsys_sandbox.tables import Table


def list_lists(call: Call) -> Any:
    """`GET /lists`: every list with its fields."""
    lists = [_described(profile_list) for profile_list in call.store.lists.lists()]
    return {"items": lists} if call.options.lists_in_items else lists


def describe_list(call: Call) -> Any:
    """`GET /lists/{listName}/fields`."""
    return _described(call.profile_list())


def _described(profile_list: Table) -> dict[str, Any]:
    return {
        "name": profile_list.name,
        "folderName": profile_list.folder,
        "fields": fields_of(profile_list.columns),
    }
