"""Where settings come from: JSON files and environment variables, with an error that names the culprit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import find_dotenv, load_dotenv

from responsys_io.errors import SettingsError
from responsys_io.filemodes import warn_of_open_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off", ""}


def settings_from_environment(properties: Mapping[str, Mapping[str, Any]], prefix: str) -> dict[str, Any]:
    """Read settings from environment variables, and from the nearest `.env` file where they are not set.

    Args:
        properties: The settings, each as JSON Schema.
        prefix: What the variables' names begin with.

    Raises:
        SettingsError: RSYS-1004 naming a variable whose text is not of the setting's type.
    """
    load_dotenv(find_dotenv(usecwd=True))
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        variable = prefix + name.upper()
        if variable not in os.environ:
            continue
        try:
            found[name] = _reader(schema)(os.environ[variable])
        except (ValueError, RecursionError) as error:
            raise SettingsError(
                "RSYS-1004",
                f"Environment variable {variable} is not of the type of setting {name}.",
                "Objects and lists are given as JSON.",
            ) from error
    return found


def settings_from_option(
    values: Sequence[str], properties: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Read what the option --config names: files of settings, of which a later one counts, and ENV.

    A file that everybody can read and that holds secrets is warned about.

    Args:
        values: What the option was given.
        properties: The settings, each as JSON Schema.

    Returns:
        The settings of the files, and whether those of the environment are wanted as well.

    Raises:
        SettingsError: RSYS-1010, see `settings_from_file`.
    """
    files = [value for value in values if value != "ENV"]
    found: dict[str, Any] = {}
    for path in files:
        settings = settings_from_file(path)
        warn_of_open_secrets(path, settings, properties)
        found |= settings
    return found, len(files) < len(values)


def settings_from_file(path: str) -> dict[str, Any]:
    """Read a JSON file of settings.

    Raises:
        SettingsError: RSYS-1010 for a file that cannot be read or holds no JSON object.
    """
    try:
        settings = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or "it is not valid JSON") from error
    if not isinstance(settings, dict):
        raise _unusable(path, "it holds no JSON object")
    return settings


def _unusable(path: str, reason: str) -> SettingsError:
    return SettingsError(
        "RSYS-1010", f"The settings file {path} cannot be used: {reason}.", "Check --config."
    )


def _reader(schema: Mapping[str, Any]) -> Callable[[str], Any]:
    types = schema.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    for kind, reader in _READERS.items():
        if kind in types and "string" not in types:
            return reader
    return str


def _boolean(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


def _list(text: str) -> Any:
    return json.loads(text) if text.lstrip().startswith("[") else text.split(",")


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": _boolean,
    "array": _list,
    "object": json.loads,
}
