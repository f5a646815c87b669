"""Settings from files and from the environment, with an error that names the culprit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.configuration._dict_config import parse_environment_config

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def settings_from_environment(properties: Mapping[str, Mapping[str, Any]], prefix: str) -> dict[str, Any]:
    """Read settings from environment variables as the SDK does, and numbers too.

    Args:
        properties: The settings, each as JSON Schema.
        prefix: What the variables' names begin with.

    Raises:
        SettingsError: RSYS-1004 naming a variable whose text is not of the setting's type.
    """
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        try:
            found |= parse_environment_config({"properties": {name: schema}}, prefix)
            if "number" in schema.get("type", ()) and isinstance(found.get(name), str):
                found[name] = float(found[name])
        except ValueError as error:
            raise SettingsError(
                "RSYS-1004",
                f"Environment variable {prefix}{name.upper()} is not of the type of setting {name}.",
                "Objects and lists are given as JSON.",
            ) from error
    return found


def settings_from_files(paths: Iterable[str]) -> dict[str, Any]:
    """Read JSON files of settings; a later one overrides an earlier one.

    Raises:
        SettingsError: RSYS-1010 for a file that cannot be read or holds no JSON object.
    """
    found: dict[str, Any] = {}
    for path in paths:
        try:
            found |= msgspec.json.decode(Path(path).read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds no JSON object"
            raise SettingsError(
                "RSYS-1010", f"The settings file {path} cannot be used: {reason}.", "Check --config."
            ) from error
    return found
