"""Small files of the server are fetched ahead, and not asked for again."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, cast

from responsys_io.files import RemoteFile
from responsys_io.smallfiles import SMALL
from tap_responsys.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from responsys_io.fileserver import FileServer


class Server:
    """A server that notes what it is asked for, and holds nothing but the letter x."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, files: Sequence[RemoteFile]) -> dict[RemoteFile, bytes]:
        self.asked.append(" ".join(["fetch", *(file.path for file in files)]))
        return {file: b"x" for file in files if file.path != "changed"}

    def open(self, file: RemoteFile) -> io.BytesIO:
        self.asked.append(f"open {file.path}")
        return io.BytesIO(b"x")

    def stat(self, path: str) -> RemoteFile:
        self.asked.append(f"stat {path}")
        return RemoteFile(path, 1, 1)


def read_all(*files: RemoteFile) -> list[str]:
    server = Server()
    sources = Sources(cast("FileServer", server))
    for place, file in enumerate(files):
        if not any(map(sources.has_fetched, files[place:])):
            sources.fetch_ahead(files[place:])
        with sources.open(file) as raw:
            assert raw.read() == b"x"
        assert sources.stat(file.path) is not None
    return server.asked


def file(path: str, size: int = 1) -> RemoteFile:
    return RemoteFile(path, size, 1)


def test_several_small_files_are_fetched_at_once() -> None:
    assert read_all(file("a"), file("b"), file("c")) == ["fetch a b c"]


def test_one_small_file_and_large_ones_are_opened() -> None:
    large = file("large", SMALL + 1)
    assert read_all(large, file("b"), file("c"), large, file("d")) == [
        *("open large", "stat large", "fetch b c", "open large", "stat large", "open d", "stat d"),
    ]


def test_what_could_not_be_fetched_is_opened() -> None:
    assert read_all(file("a"), file("changed"), file("c")) == [
        *("fetch a changed c", "open changed", "stat changed"),
    ]


def test_no_more_is_fetched_than_a_few_megabytes() -> None:
    files = [file(f"{number}", SMALL) for number in range(100)]
    assert [len(asked.split()) - 1 for asked in read_all(*files)] == [32, 32, 32, 4]
