"""The edge: looks at the server, at key files and at the state, and returns plain facts."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError, ResponsysError
from responsys_io.fileserver import FileServerLogin
from tap_responsys.checks import dialect
from tap_responsys.doctor.facts import SAMPLE_BYTES, Facts, KeyFacts, Sample, ServerFacts, Wanted
from tap_responsys.ledger import Ledger
from tap_responsys.settings import SETTINGS, chosen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from tap_responsys.folder import ExportFolder
    from tap_responsys.kinds import ExportKind
    from tap_responsys.listing import ExportFile
    from tap_responsys.tap import TapResponsys


def gather(
    tap: TapResponsys, state: Mapping[str, Any] | None, config_files: Iterable[str], now: datetime
) -> Facts:
    """Gather everything that an examination needs.

    Args:
        tap: The tap with its settings.
        state: The state as a run of the tap, or Meltano, has written it, None where it is not known.
        config_files: The files that the settings come from.
        now: The time in UTC.
    """
    config = tap.config
    ledgers, state_errors = ledgers_of(state, tap.kinds)
    facts = Facts(
        now,
        wanted_of(config, tap.kinds),
        ServerFacts(f"{config.get('host')}:{chosen(config, 'port')}", str(config.get("username"))),
        exposed_files=list(_exposed(config, config_files)),
        ledgers=ledgers,
        state_errors=state_errors,
    )
    try:
        with tap.folder as folder, tap.key_ring:
            if folder.is_remote:
                facts = replace(facts, keys=keys_of(FileServerLogin.from_config(config), now))
            listing = folder.list_everything()
            facts = replace(facts, server=replace(facts.server, host_key=folder.host_key or ()))
            samples = {stream: _sample(folder, facts.wanted, export) for stream, export in _newest(folder)}
    except ResponsysError as error:
        return replace(facts, server=replace(facts.server, error=error))
    return replace(facts, listing=listing, samples=samples)


def wanted_of(config: Mapping[str, Any], kinds: Mapping[str, ExportKind]) -> Wanted:
    """Pick what the settings say about exports."""
    path = chosen(config, "path")
    return Wanted(
        kinds,
        path if isinstance(path, str) else ", ".join(path),
        dialect(config),
        ready_extension=config.get("ready_extension") or "",
        count_extension=config.get("count_extension") or "",
        account_id=config.get("account_id") or "",
        start_date=config.get("start_date") or "",
        streams=config.get("streams") or (),
        skips_changed=config.get("on_changed_file") == "skip",
        takes_away=config.get("after_read") in {"archive", "delete"},
        min_volume_ratio=chosen(config, "min_volume_ratio"),
        fails_on_low_volume=chosen(config, "on_low_volume") == "fail",
        key_max_age_days=chosen(config, "key_max_age_days"),
    )


def ledgers_of(
    state: Mapping[str, Any] | None, kinds: Iterable[str]
) -> tuple[dict[str, Ledger] | None, dict[str, ResponsysError]]:
    """Read the ledgers out of a state, by stream, and what is wrong with those that cannot be read.

    Args:
        state: A Singer state, by itself or as `meltano state get` shows it.
        kinds: The streams to look for.

    Returns:
        The ledgers, None without a state, and the errors.
    """
    if state is None:
        return None, {}
    state = state.get("singer_state", state)
    bookmarks = (state or {}).get("bookmarks") or {}
    ledgers, errors = {}, dict[str, ResponsysError]()
    for stream in kinds:
        if not bookmarks.get(stream):
            continue
        try:
            ledgers[stream] = Ledger.from_state(bookmarks[stream], stream)
        except DataError as error:
            errors[stream] = error
    return ledgers, errors


def keys_of(login: FileServerLogin, now: datetime) -> list[KeyFacts]:
    """Describe the private keys; one is as old as its file.

    Raises:
        SettingsError: RSYS-1002 or RSYS-11nn for one that cannot be used.
    """
    return [
        KeyFacts(
            known.source,
            known.key.get_name(),
            known.key.get_bits(),
            known.age_days(now.timestamp()),
            known.fingerprint,
        )
        for known in login.private_keys()
    ]


def _newest(folder: ExportFolder) -> Iterator[tuple[str, ExportFile]]:
    """Yield the newest export of each stream, a complete one where there is one."""
    for stream in folder.listing.exports:
        export = folder.newest(stream)
        if export is not None:
            yield stream, export


def _sample(folder: ExportFolder, wanted: Wanted, export: ExportFile) -> Sample:
    try:
        start = folder.start(export, SAMPLE_BYTES)
        extensions = dict.fromkeys(filter(None, (wanted.ready_extension, wanted.count_extension)))
        texts = {extension: folder.companion_text(export, extension) for extension in extensions}
    except ResponsysError as error:
        return Sample(export, error=error)
    return Sample(export, start, counts={name: text for name, text in texts.items() if text is not None})


def _exposed(config: Mapping[str, Any], config_files: Iterable[str]) -> Iterator[str]:
    """Yield the files that hold a secret and that others than their owner may read."""
    has_secret = any(config.get(name) for name, schema in SETTINGS.items() if schema.get("secret"))
    key_files = [config[name] for name in SETTINGS if name.endswith("private_key_file") and config.get(name)]
    for path in [*(config_files if has_secret else ()), *key_files]:
        try:
            mode = Path(path).expanduser().stat().st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):
            yield path
