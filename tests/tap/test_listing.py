from __future__ import annotations

from datetime import date

import pytest

from responsys_io.feeds import feeds
from responsys_io.fileserver import RemoteFile
from tap_responsys.kinds import export_kinds
from tap_responsys.listing import ExportNames, sort_out

NAMES = ExportNames(tuple(export_kinds(contacts_pattern="*CONTACT_LIST*").values()))


def stream_of(name: str, names: ExportNames = NAMES) -> str | None:
    export = names.recognise(RemoteFile(f"download/{name}", 1, 1))
    return export.stream if export else None


@pytest.mark.parametrize("stem", feeds())
def test_every_stem_is_matched_whole(stem: str) -> None:
    assert stream_of(f"1234_{stem}_20190103_130532.txt") == stem.lower()


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("1234_CLICK_20190103_130532.txt", "click"),
        ("1234_SMS_CLICK_20190103_231059.zip", "sms_click"),
        ("80022_BOUNCE_20180912_185817.txt.zip", "bounce"),
        ("1234_CLICK_20190103_130532.CSV", "click"),
        ("1234_click_20190103_130532.txt.gz", "click"),
        ("1234_CLICK_20190103_130532.txt.gpg", "click"),
        ("1234_CLICK_20190103_130532.zip.asc", "click"),
        ("1234_PROGRAM_STATE_20190103_130532.txt", "program_state"),
        ("1234_PROGRAM_20190103_130532.txt", "program"),
        ("CONTACT_LIST_20190103.csv.zip", "contacts"),
        ("contact_list.txt", "contacts"),
        ("20190103_My_Contact_List.csv", "contacts"),
        ("1234_XCLICK_20190103_130532.txt", None),
        ("1234_CLICK_20190103.txt", None),
        ("CLICK_20190103_130532.txt", None),
        ("test-1234_CLICK_20190103_130532.txt", None),
        ("1234_CLICK_20190103_130532_old.txt", None),
        ("1234_CLICK_20190103_130532.txt.part", None),
        ("1234_CLICK_20190103_130532.ready", None),
        ("1234_CLICK_20190103_130532", None),
        ("notes.txt", None),
    ],
)
def test_names_of_every_shape(name: str, stream: str | None) -> None:
    assert stream_of(name) == stream


def test_an_account_filter_leaves_other_accounts_out() -> None:
    names = ExportNames(NAMES.kinds, account_id="1234")
    assert stream_of("1234_CLICK_20190103_130532.txt", names) == "click"
    assert stream_of("12345_CLICK_20190103_130532.txt", names) is None


def test_exports_come_in_the_order_of_their_stamps_not_of_their_arrival() -> None:
    files = [
        RemoteFile("d/1_OPEN_20190105_060500.txt", 1, 100),
        RemoteFile("d/1_OPEN_20190103_060502.txt", 1, 300),
        RemoteFile("d/1_OPEN_20190103_060500.txt", 1, 200),
        RemoteFile("d/CONTACT_LIST.csv", 1, 1_547_000_000),
        RemoteFile("d/readme.csv", 1, 1),
        RemoteFile("d/1_OPEN_20190103_060500.ready", 0, 1),
    ]
    listing = sort_out(files, NAMES)
    assert [export.stamp for export in listing.exports["open"]] == [
        "20190103_060500",
        "20190103_060502",
        "20190105_060500",
    ]
    assert listing.unrecognised == ("readme.csv",)
    assert "d/1_open_20190103_060500.ready" in listing.files
    assert listing.newest_mtime == 1_547_000_000


def test_a_chosen_name_gives_its_date_wherever_it_stands() -> None:
    for name in (
        "12345678_CONTACT_LIST_20190104.csv",
        "20190104_CONTACT_LIST.csv",
        "CONTACT_LIST_2019-01-04.csv",
        "CONTACT_LIST20190104.csv.zip",
    ):
        export = NAMES.recognise(RemoteFile(name, 1, 1))
        assert export is not None
        assert export.stamp == "20190104_000000"
        assert export.day == date(2019, 1, 4)
        # Somewhere it was the 4th already when it was the 3rd in London.
        assert export.not_before == "2019-01-03T10:00:00+00:00"


def test_digits_that_are_no_date_are_no_stamp() -> None:
    export = NAMES.recognise(RemoteFile("CONTACT_LIST_12345678.csv", 1, 1))
    assert export is not None
    assert (export.stamp, export.not_before, export.day) == ("", "", date(1970, 1, 1))


def test_exports_are_in_the_order_of_their_days_whatever_their_names() -> None:
    """Names of another account, or of a list without a date, sort elsewhere."""
    feeds_of_two = ("9_OPEN_20190101_060500.txt", "10_OPEN_20190103_060500.txt", "1_OPEN_20190102_060500.txt")
    listing = sort_out((RemoteFile(f"download/{name}", 1, 1) for name in feeds_of_two), NAMES)
    assert [export.day.day for export in listing.exports["open"]] == [1, 2, 3]
    lists = [
        RemoteFile("download/a_CONTACT_LIST.csv", 1, 900_000),
        RemoteFile("download/b_CONTACT_LIST.csv", 1, 1),
    ]
    assert [export.name[0] for export in sort_out(lists, NAMES).exports["contacts"]] == ["b", "a"]
