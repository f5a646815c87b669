"""What whoever sets a plugin up has written: settings, keys, host keys."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from responsys_io.configuration import settings_from_environment, settings_from_file
from responsys_io.errors import ResponsysError
from responsys_io.hostkeys import HostKeyPolicy, parse_fingerprints, read_known_hosts
from responsys_io.keys import load_private_keys
from responsys_io.login import FileServerLogin
from responsys_io.pgpkeys import PgpKeys
from responsys_io.proxies import configured_proxy
from responsys_io.restlogin import ApiLogin
from responsys_io.settings import problems
from tap_responsys import checks as tap_checks
from tap_responsys.settings import SETTINGS as TAP_SETTINGS
from target_responsys import checks as target_checks
from target_responsys.settings import SETTINGS as TARGET_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLUGINS: tuple[tuple[dict[str, Any], Callable[[Mapping[str, Any]], list[str]]], ...] = (
    (TAP_SETTINGS, tap_checks.combination_problems),
    (TARGET_SETTINGS, target_checks.combination_problems),
)
# They are read from disk: nothing of this machine is to be found by chance.
_FILES = {name for settings, _ in _PLUGINS for name in settings if name.endswith("_file")} | {"ca_bundle"}


def settings(data: bytes) -> None:
    """Check the settings of both plugins, and make of them what they are for."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        Path(file.name).write_bytes(data)
        try:
            config = settings_from_file(file.name)
        except ResponsysError:
            return
    config = {name: value for name, value in config.items() if name not in _FILES}
    for properties, combination in _PLUGINS:
        schema = {"type": "object", "properties": properties}
        if not problems(schema, config) and not combination(config):
            _use(config)


def _use(config: Mapping[str, Any]) -> None:
    makers: tuple[Callable[[Mapping[str, Any]], object], ...] = (
        FileServerLogin.from_config,
        lambda given: FileServerLogin.from_config(given).private_keys(),
        lambda given: FileServerLogin.from_config(given).host_key_policy(),
        ApiLogin.from_config,
        configured_proxy,
        PgpKeys.from_config,
    )
    for make in makers:
        with contextlib.suppress(ResponsysError):
            make(config)


def variables(data: bytes) -> None:
    """Read settings from environment variables: a line each, name and value."""
    for properties, _ in _PLUGINS:
        names = list(properties)
        given = {}
        for number, line in enumerate(data.replace(b"\0", b"").split(b"\n")[:20]):
            place, _, value = line.partition(b"=")
            name = place.decode(errors="replace").lower()
            name = name if name in properties else names[(number + len(place)) % len(names)]
            given[f"P_{name.upper()}"] = os.fsdecode(value)
        with mock.patch.dict(os.environ, given), contextlib.suppress(ResponsysError):
            found = settings_from_environment(properties, "P_")
            problems({"type": "object", "properties": properties}, found)


def host_keys(data: bytes) -> None:
    """Read a known_hosts file and fingerprints, and ask for a server."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        known = read_known_hosts(Path(file.name))
    with contextlib.suppress(ResponsysError):
        HostKeyPolicy((), known).verify("files.example.com", 2222, "ssh-ed25519", b"key of nobody")
        assert any(line.key == b"key of nobody" for line in known), "only a known key is accepted"
    HostKeyPolicy((), known).key_types("files.example.com", 22)
    with contextlib.suppress(ResponsysError):
        json.dumps(parse_fingerprints(data.decode(errors="replace")))


def private_keys(data: bytes) -> None:
    """Read what is said to be a private key; its first line is the passphrase."""
    phrase, _, text = data.partition(b"\n")
    with contextlib.suppress(ResponsysError):
        load_private_keys(text.decode(errors="replace"), phrase.decode(errors="replace"), source="a setting")
    with contextlib.suppress(ResponsysError):
        PgpKeys.from_config({"pgp_private_key": text.decode(errors="replace")})
