from __future__ import annotations

import pytest

from responsys_io.fileserver import RemoteFile
from tap_responsys.kinds import export_kinds
from tap_responsys.listing import ExportNames, Listing, sort_out
from tap_responsys.readiness import companion, still_growing, undecided

NAMES = ExportNames(tuple(export_kinds(contacts_pattern="*CONTACT_LIST*").values()))


def listing(*files: tuple[str, int, int]) -> Listing:
    return sort_out([RemoteFile(name, size, mtime) for name, size, mtime in files], NAMES)


@pytest.mark.parametrize(
    ("data", "ready"),
    [
        ("1_OPEN_20190103_060500.txt", "1_OPEN_20190103_060500.ready"),
        ("1_OPEN_20190103_060500.txt", "1_OPEN_20190103_060500.txt.ready"),
        ("1_OPEN_20190103_060500.txt.zip", "1_OPEN_20190103_060500.ready"),
        ("1_OPEN_20190103_060500.txt.zip", "1_OPEN_20190103_060500.txt.ready"),
        ("1_OPEN_20190103_060500.txt.zip", "1_OPEN_20190103_060500.txt.zip.ready"),
        ("1_OPEN_20190103_060500.zip", "1_OPEN_20190103_060500.txt.ready"),
        ("1_OPEN_20190103_060500.csv.zip.gpg", "1_OPEN_20190103_060500.csv.zip.gpg.ready"),
        ("1_OPEN_20190103_060500.csv.zip.gpg", "1_OPEN_20190103_060500.csv.ready"),
        ("1_OPEN_20190103_060500.gpg", "1_OPEN_20190103_060500.txt.READY"),
    ],
)
@pytest.mark.parametrize("extension", ["ready", ".ready"])
def test_a_ready_file_may_be_named_either_way(data: str, ready: str, extension: str) -> None:
    folder = listing((data, 1, 1), (ready, 0, 1))
    assert companion(folder.exports["open"][0], folder, extension)


def test_another_files_ready_file_does_not_count() -> None:
    folder = listing(("1_OPEN_20190103_060500.txt", 1, 1), ("1_OPEN_20190103_060501.ready", 0, 1))
    assert companion(folder.exports["open"][0], folder, "ready") is None


def test_age_is_measured_on_the_servers_clock() -> None:
    folder = listing(
        ("1_OPEN_20190101_0605000.txt", 1, 1),
        ("1_OPEN_20190101_060500.txt", 1, 1000),
        ("1_OPEN_20190102_060500.txt", 1, 1009),
        ("1_OPEN_20190103_060500.txt", 1, 0),
    )
    assert [export.remote.mtime for export in undecided(folder.exports["open"], folder, 9)] == [1009, 0]


def test_what_changes_between_two_listings_is_still_growing() -> None:
    names = [f"1_OPEN_2019010{day}_060500.txt" for day in range(1, 5)]
    first = listing(*((name, 10, 10) for name in names))
    second = listing((names[0], 10, 10), (names[1], 11, 10), (names[2], 10, 11))
    assert [export.name for export in still_growing(first.exports["open"], second)] == names[1:]
