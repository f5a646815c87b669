"""Which addresses the REST API's credentials and tokens may be sent to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from responsys_io.errors import SettingsError

RESPONSYS_DOMAINS = ("responsys.net", "rsys8.net", "rsys9.net", "responsys.ocs.oraclecloud.com")


def checked_login_host(url: str, allowed_hosts: frozenset[str]) -> str:
    """Return the address of a login host without a trailing slash.

    Args:
        url: The setting api_url.
        allowed_hosts: Host names that are reached without TLS, too.

    Raises:
        SettingsError: RSYS-4013 for an address without TLS, or of more than a host.
    """
    address = url.rstrip("/")
    parts = scheme_and_host(address)
    if parts is None or (parts[0] != "https" and parts[1] not in allowed_hosts):
        raise SettingsError(
            "RSYS-4013",
            "api_url is not an https address of a host.",
            "Give scheme and host, for example https://login5.responsys.net.",
        )
    return address


def trusted_end_point(url: Any, allowed_hosts: frozenset[str]) -> str:
    """Return the endPoint without a trailing slash when the token may be sent there.

    Args:
        url: What the login answered.
        allowed_hosts: Host names to trust besides Responsys's own domains, also without TLS.

    Raises:
        SettingsError: RSYS-4008 for any other place.
    """
    address = str(url).rstrip("/")
    parts = scheme_and_host(address)
    if parts is not None:
        scheme, host = parts
        own = any(host == domain or host.endswith("." + domain) for domain in RESPONSYS_DOMAINS)
        if host in allowed_hosts or (scheme == "https" and own):
            return address
    raise SettingsError(
        "RSYS-4008",
        f"The login named an endPoint that is not within Responsys's domains: {address[:100]!r}.",
        "If your account really has a host of its own, add its name to allowed_endpoint_hosts.",
    )


def scheme_and_host(url: str) -> tuple[str, str] | None:
    """Return scheme and host of an address that consists of these and perhaps a port, else None."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError:
        return None
    plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc) and host.isascii()
    return (parts.scheme, host.lower()) if plain and host and parts.scheme in {"http", "https"} else None
