"""What an export job's settings and the uncertain points of connect-exports.md change."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.exportfolder import NAME, feed_files, moment, parse, read

from responsys_sandbox.account import Account, AccountPlan
from responsys_sandbox.dialect import Dialect
from responsys_sandbox.exportoptions import ExportOptions
from responsys_sandbox.layouts import layouts

if TYPE_CHECKING:
    from pathlib import Path

CUSTOM = tuple(f"CUSTOM_{number}" for number in range(12))


def exported(folder: Path, **options: Any) -> list[Path]:
    plan = AccountPlan(contacts=80, exports=ExportOptions(**options))
    return Account(folder, plan).add_days()


def one(paths: list[Path], stem: str) -> Path:
    (path,) = feed_files(paths, stem)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    plain = read(one(exported(tmp_path / "plain"), "LAUNCH_STATE"))
    other = read(one(exported(tmp_path / "other", delimiter=delimiter), "LAUNCH_STATE"), delimiter=delimiter)
    assert other.rows == plain.rows


def test_without_enclosure_no_field_breaks_a_row(tmp_path: Path) -> None:
    path = one(exported(tmp_path, quote="", delimiter=","), "LAUNCH_STATE")
    lines = path.read_text(encoding="utf-8").splitlines()
    assert {line.count(",") for line in lines} == {lines[0].count(",")}
    assert len(lines) > 1


def test_another_enclosure_is_doubled() -> None:
    dialect = Dialect(",", "'", 0, iso=False)
    assert dialect.line(["it's", 'a "b"', None, 5], ()) == "'it''s','a \"b\"',,'5'\n"


def test_line_breaks_become_blanks() -> None:
    assert Dialect(",", '"', 0, iso=False).line(["a\r\nb", "c"], ()) == '"a  b","c"\n'


def test_encoding(tmp_path: Path) -> None:
    (path,) = (path for path in exported(tmp_path, encoding="iso-8859-1") if path.suffix == ".csv")
    assert any("é" in row["FIRST_NAME"] for row in read(path, encoding="iso-8859-1").rows)


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8-sig", codecs.BOM_UTF8), ("utf-16", codecs.BOM_UTF16)])
@pytest.mark.parametrize("compression", ["none", "zip", "gz"])
def test_encodings_with_a_byte_order_mark(
    tmp_path: Path, encoding: str, mark: bytes, compression: str
) -> None:
    plain = read(one(exported(tmp_path / "plain"), "SENT"))
    path = one(exported(tmp_path / "marked", encoding=encoding, compression=compression), "SENT")
    data = path.read_bytes()
    if compression == "zip":
        with zipfile.ZipFile(path) as archive:
            data = archive.read(archive.namelist()[0])
    elif compression == "gz":
        data = gzip.decompress(data)
    assert data.startswith(mark)
    assert data.count(mark) == 1
    assert parse(path, data.decode(encoding)).rows == plain.rows


def test_without_header(tmp_path: Path) -> None:
    plain = one(exported(tmp_path / "plain"), "SENT").read_text()
    assert one(exported(tmp_path / "bare", header=False), "SENT").read_text() == plain.partition("\n")[2]


def test_csv_extension(tmp_path: Path) -> None:
    assert one(exported(tmp_path, extension="csv"), "SENT").name.endswith(".csv")


@pytest.mark.parametrize(("inner", "suffix"), [(False, ".zip"), (True, ".txt.zip")])
def test_zip_in_both_namings(tmp_path: Path, inner: bool, suffix: str) -> None:
    path = one(exported(tmp_path, compression="zip", inner_suffix=inner), "SENT")
    name = NAME.match(path.name)
    assert name
    assert name["suffix"] == suffix
    with zipfile.ZipFile(path) as archive:
        (member,) = archive.namelist()
        assert member == path.name.removesuffix(suffix) + ".txt"
        assert parse(path, archive.read(member).decode()).rows


def test_gzip(tmp_path: Path) -> None:
    plain = one(exported(tmp_path / "plain"), "SENT").read_bytes()
    packed = one(exported(tmp_path / "gz", compression="gz"), "SENT")
    assert packed.suffix == ".gz"
    assert gzip.decompress(packed.read_bytes()) == plain


@pytest.mark.parametrize(
    ("compression", "name", "suffix"),
    [
        ("none", "base", ".ok"),
        ("none", "inner", ".txt.ok"),
        ("none", "full", ".txt.ok"),
        ("zip", "base", ".ok"),
        ("zip", "inner", ".txt.ok"),
        ("zip", "full", ".zip.ok"),
    ],
)
def test_ready_files_in_every_naming_and_without_a_count(
    tmp_path: Path, compression: str, name: str, suffix: str
) -> None:
    paths = exported(
        tmp_path, compression=compression, ready_name=name, ready_count=False, ready_extension="ok"
    )
    data = one(paths, "SENT")
    ready = data.with_name(data.name.partition(".")[0] + suffix)
    assert ready in paths
    assert ready.read_text() == ""


def test_no_ready_files(tmp_path: Path) -> None:
    assert {path.suffix for path in exported(tmp_path, ready_extension=None)} == {".txt", ".csv"}


def test_count_files_come_before_ready_files_and_can_count_the_header(tmp_path: Path) -> None:
    paths = exported(tmp_path, count_extension="cnt", count_header=True)
    data = one(paths, "SENT")
    count = data.with_suffix(".cnt")
    assert int(count.read_text()) == len(read(data).rows) + 1
    assert paths.index(data) < paths.index(count) < paths.index(data.with_suffix(".ready"))


@pytest.mark.parametrize(
    ("empty", "content"), [("header", b'"EVENT_TYPE_ID"'), ("zero", b""), ("none", None)]
)
def test_feeds_without_events(tmp_path: Path, empty: str, content: bytes | None) -> None:
    found = feed_files(exported(tmp_path, empty_feed=empty), "COMPLAINT")
    if content is None:
        assert not found
        return
    (path,) = found
    assert path.read_bytes().partition(b",")[0] == content
    assert int(path.with_suffix(".ready").read_text()) == 0


def test_custom_columns_first_and_last(tmp_path: Path) -> None:
    first = read(one(exported(tmp_path / "a", custom_columns=CUSTOM, custom_position="first"), "OPEN"))
    assert tuple(first.header[:12]) == CUSTOM
    last = read(one(exported(tmp_path / "b", custom_columns=CUSTOM, custom_position="last"), "OPEN"))
    assert tuple(last.header[-12:]) == CUSTOM


def test_an_account_can_have_an_order_of_columns_of_its_own(tmp_path: Path) -> None:
    plain = read(one(exported(tmp_path / "plain"), "SENT"))
    other = read(one(exported(tmp_path / "other", shuffle_columns=True), "SENT"))
    assert other.header != plain.header
    assert other.rows == plain.rows


def test_times_in_the_accounts_zone(tmp_path: Path) -> None:
    utc = read(one(exported(tmp_path / "utc"), "SENT")).rows[0]
    local = read(one(exported(tmp_path / "local", local_times=True), "SENT")).rows[0]
    difference = moment(utc["EVENT_STORED_DT"]) - moment(local["EVENT_STORED_DT"])
    assert difference.total_seconds() == 6 * 3600


def test_the_lists_name_and_columns_are_the_users(tmp_path: Path) -> None:
    paths = exported(tmp_path, contacts_name="All_{stamp}.csv", contact_columns=("EMAIL_ADDRESS_", "RIID_"))
    (path,) = (path for path in paths if path.suffix == ".csv")
    assert path.name.startswith("All_2026")
    assert read(path).header == ["EMAIL_ADDRESS_", "RIID_"]


def test_a_list_name_without_a_date_is_written_over(tmp_path: Path) -> None:
    plan = AccountPlan(contacts=80, exports=ExportOptions(contacts_name="contacts.csv"))
    Account(tmp_path, plan).add_days(2)
    assert [path.name for path in (tmp_path / "files" / "download").glob("*.csv")] == ["contacts.csv"]


def test_a_file_can_be_caught_half_written(tmp_path: Path) -> None:
    seen: dict[Path, bytes] = {}

    def look(path: Path) -> None:
        assert not path.with_suffix(".ready").exists()
        seen[path] = path.read_bytes()

    paths = Account(tmp_path, AccountPlan(contacts=80)).add_days(half_way=look)
    assert set(seen) == {path for path in paths if path.suffix != ".ready"}
    for path, half in seen.items():
        assert len(half) == path.stat().st_size // 2
        assert path.read_bytes().startswith(half)


@pytest.mark.parametrize("stem", sorted(layouts()))
def test_every_feed_can_be_sampled_with_custom_and_add_on_columns(tmp_path: Path, stem: str) -> None:
    layout = layouts()[stem]
    add_ons = tuple(column.name for column in layout.add_ons)
    options = ExportOptions(custom_columns=CUSTOM, add_ons=add_ons)
    paths = Account(tmp_path, AccountPlan(contacts=1, exports=options)).add_sample(stem, 40)
    export = read(one(paths, stem))
    assert len(export.rows) == 40
    expected = {column.name for column in layout.columns} | set(add_ons)
    assert expected <= set(export.header)
    assert (set(CUSTOM) <= set(export.header)) == (layout.custom_after is not None)
    for column in (*layout.columns, *layout.add_ons):
        values = [row[column.name] for row in export.rows if row[column.name]]
        if column.is_number:
            assert all(-(2**63) <= int(value) < 2**63 for value in values)
        elif column.is_time:
            assert all(moment(value) for value in values)
        elif column.width:
            assert all(len(value) <= column.width for value in values)


@pytest.mark.parametrize(
    "wrong",
    [
        {"custom_columns": (*CUSTOM, "ONE_TOO_MANY")},
        {"delimiter": ""},
        {"quote": "''"},
        {"feeds": ("SENT", "SMS_SENT")},
        {"utc_offset": 15},
        {"contacts_name": "contacts"},
    ],
)
def test_settings_that_connect_does_not_know_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        replace(ExportOptions(), **wrong)
