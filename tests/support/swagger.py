"""Oracle's Swagger file, as far as answers are compared with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parents[1] / "sandbox" / "data" / "responsys-swagger.json"


def load() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return operations by verb and path; variables are called `{}`, for their names vary by operation."""
    return {
        (verb.upper(), anonymous(path)): operation
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    }


def anonymous(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path.strip())


def unknown_properties(
    value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = ""
) -> set[str]:
    """Return the paths of properties, or of shapes, in `value` that the schema does not have."""
    if reference := schema.get("$ref"):
        schema = document["definitions"][reference.rpartition("/")[2]]
    match schema.get("type"), value:
        case "object", dict():
            known = schema.get("properties", {})
            # A map of names of the account's own choice has no properties to compare.
            others = () if schema.get("additionalProperties") else value.keys() - known.keys()
            unknown = {f"{at}.{name}" for name in others}
            for name in value.keys() & known.keys():
                unknown |= unknown_properties(value[name], known[name], document, f"{at}.{name}")
            return unknown
        case "array", list():
            return set().union(
                *(unknown_properties(item, schema["items"], document, f"{at}[]") for item in value)
            )
        case ("string", str() | None) | ("boolean", bool()) | ("integer", int()) | ("array", None):
            return set()
    return {f"{at} is not {schema.get('type')}"}


def absent_properties(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "") -> set[str]:
    """Return the paths of properties of the schema that objects in `value` do not have."""
    if reference := schema.get("$ref"):
        schema = document["definitions"][reference.rpartition("/")[2]]
    match schema.get("type"), value:
        case "object", dict():
            known = schema.get("properties", {})
            absent = {f"{at}.{name}" for name in known.keys() - value.keys()}
            for name in value.keys() & known.keys():
                absent |= absent_properties(value[name], known[name], document, f"{at}.{name}")
            return absent
        case "array", list():
            return set().union(
                *(absent_properties(item, schema["items"], document, f"{at}[]") for item in value)
            )
    return set()


def request_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema of an operation's body, or None where it has none."""
    bodies = [entry["schema"] for entry in operation.get("parameters", ()) if entry["in"] == "body"]
    return bodies[0] if bodies else None


def query_parameters(operation: dict[str, Any]) -> set[str]:
    return {entry["name"] for entry in operation.get("parameters", ()) if entry["in"] == "query"}
