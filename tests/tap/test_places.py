from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from responsys_io.errors import SettingsError
from responsys_io.files import FolderListing, RemoteFile, every_name
from tap_responsys.kinds import export_kinds
from tap_responsys.listing import ExportNames, sort_out
from tap_responsys.places import find, places
from tap_responsys.readiness import companion

if TYPE_CHECKING:
    import io

    from responsys_io.files import Wanted


@dataclass
class Tree:
    """Files by path; tells which folders were looked into."""

    files: dict[str, tuple[int, int]]
    looked: list[str] = field(default_factory=list)

    def scan(self, folder: str, wanted: Wanted = every_name) -> FolderListing:
        self.looked.append(folder)
        prefix = folder.rstrip("/") + "/" if folder else ""
        inside = [path for path in self.files if path.startswith(prefix)]
        if not inside:
            raise SettingsError("RSYS-2101", f"There is no folder {folder}.")
        direct = [path for path in inside if "/" not in path.removeprefix(prefix)]
        folders = {path.removeprefix(prefix).split("/")[0] for path in inside if path not in direct}
        listed = FolderListing([], sorted(folders))
        for path in direct:
            listed.take(RemoteFile(path, *self.files[path]), wanted)
        return listed

    def stat(self, path: str) -> RemoteFile | None:
        raise NotImplementedError

    def open(self, file: RemoteFile) -> io.RawIOBase:
        raise NotImplementedError

    def close(self) -> None:
        pass


def tree(*paths: str) -> Tree:
    return Tree(dict.fromkeys(paths, (1, 1)))


@pytest.mark.parametrize(
    ("path", "entries"),
    [
        ("download", ["download"]),
        ("", [""]),
        (" download , /data/CED_* ,", ["download", "/data/CED_*"]),
        ('["a,b", "c"]', ["a,b", "c"]),
        (["a,b", "c"], ["a,b", "c"]),
    ],
)
def test_entries_of_the_setting(path: str | list[str], entries: list[str]) -> None:
    assert places(path) == entries


@pytest.mark.parametrize(
    ("entries", "found", "looked"),
    [
        (["d"], ["d/x.txt", "d/y.csv"], ["d"]),
        (["d", "e"], ["d/x.txt", "d/y.csv", "e/x.txt"], ["d", "e"]),
        (["d/*"], ["d/in/1.txt", "d/out/2.txt", "d/x.txt", "d/y.csv"], ["d", "d/in", "d/out"]),
        (["d/*.txt"], ["d/x.txt"], ["d"]),
        (["d/i?"], ["d/in/1.txt"], ["d", "d/in"]),
        (["*/[ij]n/*.txt"], ["d/in/1.txt"], ["", "d", "d/in", "e"]),
        (["*/in"], ["d/in/1.txt"], ["", "d", "d/in", "e"]),
        (["d", "d/x*"], ["d/x.txt", "d/y.csv"], ["d"]),
        (["d/nothing*"], [], ["d"]),
    ],
)
def test_folders_and_patterns(entries: list[str], found: list[str], looked: list[str]) -> None:
    source = tree("d/x.txt", "d/y.csv", "d/in/1.txt", "d/out/2.txt", "e/x.txt")
    assert [file.path for file in find(source, entries).files] == found
    assert source.looked == looked


def test_absolute_and_local_patterns_keep_their_beginning() -> None:
    source = tree("/data/CED_1/x.txt", "file:/raw/CED_2/y.txt")
    found = find(source, ["/data/CED_*", "file:/raw/*"])
    assert [file.path for file in found.files] == ["/data/CED_1/x.txt", "file:/raw/CED_2/y.txt"]


def test_a_folder_that_is_not_there_is_an_error_and_a_pattern_without_files_is_not() -> None:
    with pytest.raises(SettingsError, match="RSYS-2101"):
        find(tree("d/x.txt"), ["e"])
    assert find(tree("d/x.txt"), ["d/e*"]).files == []


NAMES = ExportNames(tuple(export_kinds(contacts_pattern="*CONTACT_LIST*").values()))
OPEN = "1_OPEN_20190103_060500.txt"


def listed(files: dict[str, tuple[int, int]], *entries: str) -> dict[str, RemoteFile]:
    found = find(Tree(files), entries)
    exports = sort_out(found.files, NAMES, found.beside).exports
    return {export.name: export.remote for stream in exports.values() for export in stream}


def test_an_export_that_was_copied_or_moved_is_one_export() -> None:
    files = {f"download/{OPEN}": (10, 100), f"archive/{OPEN}": (10, 999)}
    assert listed(files, "download", "archive") == {OPEN: RemoteFile(f"download/{OPEN}", 10, 100)}
    assert listed(files, "archive", "download") == {OPEN: RemoteFile(f"archive/{OPEN}", 10, 999)}


def test_lists_without_a_date_are_one_only_if_size_and_time_agree() -> None:
    same = {f"{folder}/CONTACT_LIST.csv": (10, 100) for folder in ("us", "eu")}
    assert set(listed(same, "us", "eu")) == {"CONTACT_LIST.csv"}
    other = {**same, "eu/CONTACT_LIST.csv": (10, 101)}
    assert set(listed(other, "us", "eu")) == {"CONTACT_LIST.csv", "eu/CONTACT_LIST.csv"}


def test_the_same_name_with_another_size_is_another_export() -> None:
    files = {
        "us/CONTACT_LIST.csv": (10, 100),
        "eu/CONTACT_LIST.csv": (11, 100),
        "uk/CONTACT_LIST.csv": (11, 5),
    }
    found = listed(files, "us", "eu", "uk")
    assert {name: file.path for name, file in found.items()} == {
        "CONTACT_LIST.csv": "us/CONTACT_LIST.csv",
        "eu/CONTACT_LIST.csv": "eu/CONTACT_LIST.csv",
        "uk/CONTACT_LIST.csv": "uk/CONTACT_LIST.csv",
    }


def test_ready_files_are_looked_for_beside_their_export() -> None:
    files = {f"a/{OPEN}": (10, 1), f"b/{OPEN.replace('_OPEN', '_SENT')}": (10, 1), f"b/{OPEN}.ready": (0, 1)}
    files[f"b/{OPEN.replace('_OPEN', '_SENT')}.ready"] = (0, 1)
    found = find(Tree(files), ["a/*.txt", "b/*.txt"])
    listing = sort_out(found.files, NAMES, found.beside)
    assert companion(listing.exports["open"][0], listing, "ready") is None
    beside = companion(listing.exports["sent"][0], listing, "ready")
    assert beside is not None
    assert posixpath.dirname(beside.path) == "b"
