"""The parts that read exports, put together as the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from responsys_io.fileserver import FileServer, FileServerLogin
from tap_responsys.archive import REMOTE, LocalArchive, RemoteArchive
from tap_responsys.checks import dialect
from tap_responsys.folder import ExportFolder
from tap_responsys.listing import ExportNames
from tap_responsys.places import is_local, places
from tap_responsys.putaway import PutAway
from tap_responsys.settings import chosen
from tap_responsys.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.keyring import KeyRing
    from tap_responsys.archive import Archive
    from tap_responsys.kinds import ExportKind

_USUAL_ARCHIVE = REMOTE + "archive"


def export_folder(config: Mapping[str, Any], kinds: Mapping[str, ExportKind], ring: KeyRing) -> ExportFolder:
    """Return the folder of exports; nothing is opened yet.

    Args:
        config: The tap's settings.
        kinds: The kinds of exports by stream.
        ring: The keys for encrypted exports.

    Raises:
        SettingsError: RSYS-1001 when the file server's settings are needed and incomplete.
    """
    entries = places(chosen(config, "path"))
    login = None if all(map(is_local, entries)) else FileServerLogin.from_config(config)
    server = FileServer(login) if login else None
    return ExportFolder(
        Sources(server),
        entries,
        ExportNames(tuple(kinds.values()), config.get("account_id") or None),
        dialect(config),
        ready_extension=config.get("ready_extension") or None,
        count_extension=config.get("count_extension") or None,
        settle_seconds=chosen(config, "settle_seconds"),
        ring=ring,
        most_unpacked=config.get("max_uncompressed_bytes"),
        archive=_archive(config, login),
        put_away=_put_away(config, server),
    )


def _archive(config: Mapping[str, Any], login: FileServerLogin | None) -> Archive | None:
    path = config.get("archive_path")
    if not path or login is None:
        return None
    if not path.startswith(REMOTE):
        return LocalArchive(Path(path).expanduser().absolute())
    # Files that will be moved there need no copy.
    moved = chosen(config, "after_read") == "archive"
    return None if moved else RemoteArchive(FileServer(login), path.removeprefix(REMOTE))


def _put_away(config: Mapping[str, Any], server: FileServer | None) -> PutAway | None:
    mode = chosen(config, "after_read")
    if mode == "keep" or server is None:
        return None
    path = config.get("archive_path") or (_USUAL_ARCHIVE if mode == "archive" else "")
    archive = path.removeprefix(REMOTE) if path.startswith(REMOTE) else None
    return PutAway(server, archive if mode == "archive" else None, archive)
