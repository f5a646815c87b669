"""What the settings lack to use the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.restlogin import has_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def missing(config: Mapping[str, Any], names: Iterable[str], user: str) -> list[str]:
    """Say which settings have no value, a sentence each.

    Args:
        config: The target's settings.
        names: Those that are needed.
        user: What needs them.
    """
    return [
        f"Setting {name} is missing; {user} needs it." for name in names if config.get(name) in {None, ""}
    ]


def login_problems(config: Mapping[str, Any], user: str) -> list[str]:
    """Say what is missing of a login to the API, a sentence each.

    Args:
        config: The target's settings.
        user: What needs the API.
    """
    found = missing(config, ("api_url", "api_username"), user)
    if not has_secret(config):
        found.append(
            f"Setting api_password is missing; {user} needs it, or the keys of a login by certificate."
        )
    return found
