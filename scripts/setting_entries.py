# ruff: noqa: INP001 - a script, no package
"""A setting as Meltano describes it, in meltano.yml and on MeltanoHub, from the JSON Schema of `--about`."""

from __future__ import annotations

from typing import Any

# Capabilities that singer-sdk declares and Meltano's schema of meltano.yml does not know.
UNKNOWN_TO_MELTANO = {"validate-records", "target-schema"}
# Meltano 4.4.1 cannot pass on a `kind: decimal` that comes from the environment ("Object of type Decimal is
# not JSON serializable"): numbers from there are whole; meltano.yml itself takes any.
KINDS = {
    "integer": "integer",
    "number": "integer",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}


def entry(name: str, setting: dict[str, Any]) -> dict[str, Any]:
    """Return a setting as an entry of a plugin's `settings`."""
    described: dict[str, Any] = {
        "name": name,
        "label": setting.get("title") or name.replace("_", " ").capitalize(),
    }
    if found := choices(setting):
        described |= {"kind": "options", "options": [{"label": choice, "value": choice} for choice in found]}
    elif str(setting.get("format", "")).startswith("date"):
        described["kind"] = "date_iso8601"
    elif kind := KINDS.get(_type(setting)):
        described["kind"] = kind
    if is_secret(setting):
        described["sensitive"] = True
    if "default" in setting:
        described["value"] = setting["default"]
    if description := sentence(setting.get("description", "")):
        described["description"] = description
    return described


def capabilities(about: dict[str, Any]) -> list[str]:
    """Return the capabilities of a plugin that Meltano knows."""
    return sorted(set(about["capabilities"]) - UNKNOWN_TO_MELTANO)


def choices(setting: dict[str, Any]) -> list[str]:
    """Return the values that a setting may have, none where it may have any."""
    return [str(choice) for choice in setting.get("enum", ()) if choice is not None]


def is_secret(setting: dict[str, Any]) -> bool:
    """Tell whether a setting is to be kept out of sight."""
    return bool(setting.get("writeOnly") or setting.get("secret"))


def sentence(text: str) -> str:
    """Return a description on one line."""
    return " ".join(text.split())


def _type(setting: dict[str, Any]) -> str:
    kinds = setting.get("type", "string")
    return kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")
