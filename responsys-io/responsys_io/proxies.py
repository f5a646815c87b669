"""The HTTP proxy that calls go through: the one that the settings name, else that of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import requests.utils

from responsys_io.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCHEMES = {"http", "https"}


def configured_proxy(config: Mapping[str, Any]) -> str | None:
    """Return the proxy of a plugin's settings with its user and password in it, None where none is set.

    Raises:
        SettingsError: RSYS-1012 for an address that is none, or that holds a user; RSYS-1013 for a user
            without a proxy.
    """
    url, user = config.get("proxy_url") or "", config.get("proxy_username") or ""
    password = config.get("proxy_password") or ""
    if not url:
        if user or password:
            raise SettingsError(
                "RSYS-1013",
                "proxy_username or proxy_password is set without proxy_url.",
                "Set proxy_url, too.",
            )
        return None
    address = _address(url)
    if address is None:
        raise SettingsError(
            "RSYS-1012",
            "proxy_url is not an http or https address of a host.",
            "Give it like http://proxy.example.com:3128; its user and password have settings of their own.",
        )
    scheme, place = address
    if not user:
        return f"{scheme}://{place}"
    return f"{scheme}://{_quoted(user)}:{_quoted(password)}@{place}"


def environment_proxy(url: str) -> str | None:
    """Return the proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say for an address, or None.

    Raises:
        SettingsError: RSYS-1014 for a proxy of a kind that is not known.
    """
    proxies = requests.utils.get_environ_proxies(url, no_proxy=None)
    proxy = requests.utils.select_proxy(url, proxies)
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme.lower() not in _SCHEMES:
        raise SettingsError(
            "RSYS-1014",
            "The environment names a proxy that is neither http nor https.",
            "Set proxy_url, or name Responsys's hosts in NO_PROXY.",
        )
    return proxy


def _quoted(text: str) -> str:
    # requests sends what it finds here as Latin-1; RFC 7617 wants UTF-8.
    return quote(text.encode().decode("latin-1"), safe="")


def _address(url: str) -> tuple[str, str] | None:
    """Return scheme, and host with port, of a proxy's address; None when it is none."""
    try:
        parts = urlsplit(url.rstrip("/"))
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError:
        return None
    more = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    return (parts.scheme, parts.netloc) if parts.scheme in _SCHEMES and parts.hostname and not more else None
