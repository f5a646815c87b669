"""The API functions of profile lists and their extension tables; paths and variables are those of Swagger."""

from __future__ import annotations

from responsys_sandbox.rest.call import API, Function
from responsys_sandbox.rest.extensionmembers import (
    delete_row_by_riid,
    delete_rows,
    merge_extension,
    read_row_by_riid,
    read_rows,
    read_rows_by_query,
)
from responsys_sandbox.rest.extensions import create_extension, drop_extension, list_extensions
from responsys_sandbox.rest.listmembers import (
    count_members,
    delete_member_by_riid,
    delete_members,
    delete_members_by_query,
    merge_list,
    read_member_by_riid,
    read_members,
    read_members_by_query,
)
from responsys_sandbox.rest.lists import describe_list, list_lists

_LISTS = f"{API}/lists"
_MEMBERS = f"{_LISTS}/{{listName}}/members"
_EXTENSIONS = f"{_LISTS}/{{listName}}/listExtensions"
_EXTENSION = f"{_EXTENSIONS}/{{petName}}"
_ROWS = f"{_EXTENSION}/members"

LIST_FUNCTIONS = (
    Function("retrieveLists", "GET", _LISTS, "Retrieve profile lists", 100, list_lists),
    Function(
        "retrieveListFields",
        "GET",
        f"{_LISTS}/{{listName}}/fields",
        "Retrieve the fields of a profile list",
        100,
        describe_list,
    ),
    Function("mergeListMembers", "POST", _MEMBERS, "Merge list recipients", 400, merge_list),
    Function(
        "retrieveListMembers",
        "POST",
        _MEMBERS,
        "Retrieve list recipients",
        100,
        read_members,
        action="get",
    ),
    Function(
        "deleteListMembers",
        "POST",
        _MEMBERS,
        "Delete list recipients",
        100,
        delete_members,
        action="delete",
    ),
    Function(
        "retrieveListMembersByQuery",
        "GET",
        _MEMBERS,
        "Retrieve list recipients by an attribute",
        100,
        read_members_by_query,
    ),
    Function(
        "deleteListMembersByQuery",
        "DELETE",
        _MEMBERS,
        "Delete list recipients by an attribute",
        100,
        delete_members_by_query,
    ),
    Function("countListMembers", "GET", f"{_MEMBERS}/count", "Count list recipients", 100, count_members),
    Function(
        "retrieveListMemberByRiid",
        "GET",
        f"{_MEMBERS}/{{riid}}",
        "Retrieve a list recipient",
        100,
        read_member_by_riid,
    ),
    Function(
        "deleteListMemberByRiid",
        "DELETE",
        f"{_MEMBERS}/{{riid}}",
        "Delete a list recipient",
        100,
        delete_member_by_riid,
    ),
    Function("retrieveExtensions", "GET", _EXTENSIONS, "Retrieve profile extensions", 1000, list_extensions),
    Function("createExtension", "POST", _EXTENSIONS, "Create a profile extension", 10, create_extension),
    Function(
        "deleteExtension", "DELETE", f"{_EXTENSION}/table", "Drop a profile extension", 10, drop_extension
    ),
    Function("mergeExtensionMembers", "POST", _ROWS, "Merge extension records", 400, merge_extension),
    Function(
        "retrieveExtensionMembers",
        "POST",
        _ROWS,
        "Retrieve extension records",
        100,
        read_rows,
        action="get",
    ),
    Function(
        "deleteExtensionMembers",
        "POST",
        _ROWS,
        "Delete extension records",
        100,
        delete_rows,
        action="delete",
    ),
    Function(
        "retrieveExtensionMembersByQuery",
        "GET",
        _ROWS,
        "Retrieve extension records by an attribute",
        100,
        read_rows_by_query,
    ),
    Function(
        "retrieveExtensionMemberByRiid",
        "GET",
        f"{_ROWS}/{{riid}}",
        "Retrieve an extension record",
        100,
        read_row_by_riid,
    ),
    Function(
        "deleteExtensionMemberByRiid",
        "DELETE",
        f"{_ROWS}/{{riid}}",
        "Delete an extension record",
        100,
        delete_row_by_riid,
    ),
)
"""Limits: merges 400, the listing of extension tables 1000 and their creation 10 are Segment's experience,
reading list members 100 an Oracle sample; the others are assumed (rest-api.md 2.4). The count stands before
the read of one member, whose path it matches too."""
