"""Programs: all, those of a list, and one (rest-api.md section 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from responsys_sandbox.profilelists import LIST_NAME
from responsys_sandbox.rest.call import API, link
from responsys_sandbox.rest.errors import ApiError
from responsys_sandbox.rest.pages import collection

if TYPE_CHECKING:
    from responsys_sandbox.programs import Program
    from responsys_sandbox.rest.call import Call

_CREATED, _PUBLISHED = "2020-01-01 00:00:00", "2020-01-02 00:00:00"


def list_programs(call: Call) -> Any:
    """`GET /programs`: the programs of some status or all, in pages."""
    wanted = call.query.get("status", [""])[0]
    programs = [
        _listed(call, program)
        for program in call.options.programs
        if not wanted or program.status in wanted.split(",")
    ]
    return collection(call, "programs", programs)


def list_programs_of_list(call: Call) -> Any:
    """`GET /programs/lists/{listName}`: the programs of a profile list, in pages."""
    name = call.profile_list().name
    programs = [_listed(call, program) for program in call.options.programs if name == LIST_NAME]
    return collection(call, "programs", programs)


def read_program(call: Call) -> Any:
    """`GET /programs/{programName}`: one program, which names its list as an object."""
    name = call.names["programName"]
    for program in call.options.programs:
        if program.name == name:
            return {
                **_program(call, program),
                "list": {"id": "1", "name": LIST_NAME},
                "links": [link("self", f"{API}/programs/{quote(name, safe='')}", "GET")],
            }
    raise ApiError("OBJECT_NOT_FOUND", f"Program [{name}] not found")


def _listed(call: Call, program: Program) -> dict[str, Any]:
    return {**_program(call, program), "listName": LIST_NAME}


def _program(call: Call, program: Program) -> dict[str, Any]:
    running = program.status != "NOT_RUNNING"
    return {
        "id": str(program.id),
        "name": program.name,
        "folderName": call.options.folders[0],
        "channels": list(program.channels),
        "createdOn": _CREATED,
        "createdBy": call.options.user_name,
        "modifiedOn": _PUBLISHED,
        "modifiedBy": call.options.user_name,
        "publishDate": _PUBLISHED,
        "unpublishDate": "" if running else "2021-06-01 00:00:00",
        "status": program.status,
    }
