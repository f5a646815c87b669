"""Profile extension tables of a list: list, create, drop (rest-api.md section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_sandbox.profilelists import IDENTITIES
from responsys_sandbox.rest.call import fields_of
from responsys_sandbox.rest.errors import ApiError, invalid
from responsys_sandbox.rest.supplemental import wanted_columns
from responsys_sandbox.tables import EXTENSION_FIELD_TYPES, Column, Table, object_name_problem

if TYPE_CHECKING:
    from responsys_sandbox.rest.call import Call

_FIRST_COLUMN = Column("RIID_", "INTEGER")
_LAST_COLUMNS = (Column("CREATED_DATE_", "TIMESTAMP"), Column("MODIFIED_DATE_", "TIMESTAMP"))


def list_extensions(call: Call) -> Any:
    """`GET /lists/{listName}/listExtensions`: the list's extension tables with their columns."""
    extensions = [
        {"profileExtension": _identity(extension), "fields": fields_of(extension.columns)}
        for extension in call.store.extensions.extensions(call.profile_list().name)
    ]
    if call.options.lists_in_items:
        return {"items": extensions}
    return [{**extension, "links": []} for extension in extensions]


def create_extension(call: Call) -> Any:
    """`POST /lists/{listName}/listExtensions`."""
    list_name = call.profile_list().name
    body = call.json_object()
    match body.get("profileExtension"):
        case {"objectName": str(name), "folderName": str(folder)}:
            pass
        case _:
            raise invalid("profileExtension with objectName and folderName is required")
    if problem := object_name_problem(name, "Table"):
        raise invalid(problem)
    if call.store.folder(folder) is None:
        raise ApiError("FOLDER_NOT_FOUND", f"{folder} Folder Not Found")
    columns = wanted_columns(_own_fields(body.get("fields"), call), call.options, EXTENSION_FIELD_TYPES)
    if call.store.extensions.find(list_name, name):
        raise ApiError(
            "TABLE_ALREADY_EXISTS", f"Profile Extension Table for given name [{name}] already exists"
        )
    extension = Table(folder, name, (_FIRST_COLUMN, *columns, *_LAST_COLUMNS), ("RIID_",))
    call.store.extensions.create(list_name, extension)
    return True


def drop_extension(call: Call) -> Any:
    """`DELETE /lists/{listName}/listExtensions/{petName}/table`."""
    extension = call.extension("TABLE_NOT_FOUND")
    call.store.extensions.drop(call.profile_list().name, extension)
    return {"suppTableName": extension.name, "links": [call.self_link("DELETE")]}


def _own_fields(fields: Any, call: Call) -> Any:
    """Return the fields that become the table's own, without those that identify members of its list."""
    if not call.options.identities_in_extensions or not isinstance(fields, list):
        return fields
    return [
        field for field in fields if not isinstance(field, dict) or field.get("fieldName") not in IDENTITIES
    ]


def _identity(extension: Table) -> dict[str, str]:
    return {"objectName": extension.name, "folderName": extension.folder}
