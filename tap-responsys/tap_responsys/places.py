"""What the setting path means: folders and patterns, on the file server and on this machine."""

from __future__ import annotations

import json
import logging
import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from responsys_io.files import every_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.files import FileSource, FolderListing, RemoteFile, Wanted

logger = logging.getLogger(__name__)

LOCAL = "file:"
"""What the path of a folder on this machine begins with."""

_WILD = re.compile(r"[*?\[]")


@dataclass
class Found:
    """The files of all places.

    Args:
        files: The files that the places mean, those of the first place first, each once.
        beside: The wanted files of all folders that were looked into, ready and count files among them, and
            the newest other one of each.
    """

    files: list[RemoteFile] = field(default_factory=list)
    beside: list[RemoteFile] = field(default_factory=list)


def places(path: str | Sequence[str]) -> list[str]:
    """Return the entries of the setting: a list, or a text with commas or with a list in JSON."""
    if not isinstance(path, str):
        entries = list(path)
    elif path.lstrip().startswith("["):
        entries = [str(entry) for entry in json.loads(path)]
    else:
        entries = path.split(",")
    return [entry.strip() for entry in entries if entry.strip()] or [""]


def is_local(path: str) -> bool:
    """Tell whether a place, or the path of a file, is on this machine."""
    return path.startswith(LOCAL)


def find(source: FileSource, entries: Sequence[str], wanted: Wanted = every_name) -> Found:
    """List the places.

    Args:
        source: The files of the server and of this machine.
        entries: What `places` returns. A folder, or a pattern whose parts may hold `*`, `?` and `[`; a last
            part that fits folders means these folders, one that fits files only these files.
        wanted: Tells by its name whether a file is of any interest.

    Raises:
        SettingsError: RSYS-2101 when a place without wildcards is not there, RSYS-2102 when it may not be
            read.
    """
    look = _Look(source, wanted)
    for entry in entries:
        before = len(look.found.files)
        parts = entry.split("/")
        wild = next((place for place, part in enumerate(parts) if _WILD.search(part)), None)
        if wild is None:
            look.take(look.into(entry).files)
        else:
            look.follow("/".join(parts[:wild]) or ("/" if entry.startswith("/") else ""), parts[wild:])
            if len(look.found.files) == before:
                logger.info("No file lies where path has %s", entry)
    return look.found


class _Look:
    """Looks into each folder once."""

    def __init__(self, source: FileSource, wanted: Wanted) -> None:
        self.found = Found()
        self._source = source
        self._wanted = wanted
        self._folders: dict[str, FolderListing] = {}
        self._taken: set[str] = set()

    def into(self, folder: str) -> FolderListing:
        if folder not in self._folders:
            self._folders[folder] = listed = self._source.scan(folder, self._wanted)
            self.found.beside += listed.files
            if listed.newest_other is not None:
                self.found.beside.append(listed.newest_other)
        return self._folders[folder]

    def take(self, files: Sequence[RemoteFile]) -> None:
        new = [file for file in files if file.path not in self._taken]
        self._taken.update(file.path for file in new)
        self.found.files += new

    def follow(self, folder: str, parts: Sequence[str]) -> None:
        part, *rest = parts
        listed = self.into(folder)
        for name in sorted(listed.folders):
            if fnmatchcase(name, part):
                inner = posixpath.join(folder, name)
                if rest:
                    self.follow(inner, rest)
                else:
                    self.take(self.into(inner).files)
        if not rest:
            self.take([file for file in listed.files if fnmatchcase(file.name, part)])
