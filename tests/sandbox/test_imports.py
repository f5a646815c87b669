"""Import jobs: connect-imports.md 5 to 9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import ImportResult, run_import
from responsys_sandbox.store import Store
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARTS = Table(
    "CDP",
    "CARTS",
    (
        Column("ID_X", "INTEGER"),
        Column("NAME", "STR25"),
        Column("PRICE", "NUMBER"),
        Column("SEEN", "TIMESTAMP"),
    ),
    ("ID_X",),
)
KEYLESS = Table("CDP", "KEYLESS", (Column("NAME", "STR25"), Column("PRICE", "NUMBER")))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "account.sqlite") as store:
        store.create_table(CARTS)
        store.create_table(KEYLESS)
        yield store


@pytest.fixture
def files(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    for name in ("upload", "download", "archive"):
        (files / name).mkdir(parents=True)
    return files


def put(files: Path, text: str | bytes, name: str = "carts_1.csv") -> Path:
    path = files / "upload" / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def run(store: Store, files: Path, **job: Any) -> ImportResult:
    settings = {"table": "CARTS", "file_pattern": "carts_*.csv"} | job
    return run_import(store, files, ImportJob(name="job", folder="CDP", **settings))


def names(files: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (files / folder).iterdir())


def rows(store: Store, *columns: str, table: str = "CARTS") -> list[tuple[str | None, ...]]:
    return [tuple(row[name] for name in columns) for row in store.rows("CDP", table)]


def problem(result: ImportResult) -> str:
    (file,) = result.files
    assert not result.succeeded
    assert file.problem
    return file.problem


def test_a_file_is_loaded_archived_and_deleted(store: Store, files: Path) -> None:
    text = 'seen,ignored,"id_x",NAME\n2026-01-15 08:30:00,x,1,"a ""b"", c"\n,y,2,\n'
    put(files, text)
    result = run(store, files)

    assert result.succeeded
    assert (result.files[0].records, result.files[0].inserted, result.files[0].updated) == (2, 2, 0)
    assert store.rows("CDP", "CARTS") == [
        {"ID_X": "1", "NAME": 'a "b", c', "PRICE": None, "SEEN": "2026-01-15 08:30:00"},
        {"ID_X": "2", "NAME": None, "PRICE": None, "SEEN": None},
    ]
    assert (names(files, "upload"), names(files, "archive")) == ([], ["carts_1.csv"])
    assert (files / "archive" / "carts_1.csv").read_text() == text


def test_files_are_taken_in_the_order_of_their_names(store: Store, files: Path) -> None:
    put(files, "ID_X,NAME\n1,second\n", "carts_2.csv")
    put(files, "ID_X,NAME\n1,first\n", "carts_1.csv")
    result = run(store, files)

    assert [file.name for file in result.files] == ["carts_1.csv", "carts_2.csv"]
    assert rows(store, "NAME") == [("second",)]


def test_other_names_are_left_alone(store: Store, files: Path) -> None:
    others = [".carts_1.csv", "carts_1.csv.part", "carts_1.csv.tmp", "CARTS_1.csv", "carts_1.txt"]
    for name in others:
        put(files, "ID_X\n1\n", name)

    result = run(store, files)
    assert (result.files, result.succeeded) == ((), False)
    assert names(files, "upload") == sorted(others)
    assert [file.name for file in run(store, files, file_pattern="carts_1.csv.*").files] == [
        "carts_1.csv.part",
        "carts_1.csv.tmp",
    ]


def test_values_as_the_loader_takes_them(store: Store, files: Path) -> None:
    put(
        files,
        'ID_X,NAME,PRICE,SEEN\n" 1 ","\0 x\r\n \r\n\n  y ",+1.50,2026-01-15 08:30:00.123+02:00\n'
        f"2,{'ä' * 30},,\n",
    )
    assert run(store, files).succeeded
    assert rows(store, "ID_X", "NAME", "PRICE", "SEEN") == [
        ("1", "x\r\n  y", "1.5", "2026-01-15 08:30:00"),
        ("2", "ä" * 25, None, None),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("ID_X,NAME\n", "the file has no records"),
        ("NAME\nx\n", "the header lacks the key column ID_X"),
        ("ID_X,id_x\n1,2\n", "two columns of the header go into the same column of the table"),
        ("ID_X,NAME\n1,a\n2\n", "line 3 has 1 values for 2 columns"),
        ("ID_X\n1\nx\n", "line 3: column ID_X is not a valid INTEGER"),
        ("ID_X,NAME\n1,a\n ,b\n", "line 3: the key column ID_X is empty"),
        ("ID_X,SEEN\n1,2026-01-15\n", "line 2: column SEEN is not a valid TIMESTAMP"),
        ("ID_X,SEEN\n1,2026-01-15T08:30:00Z\n", "line 2: column SEEN is not a valid TIMESTAMP"),
        ('ID_X,NAME\n1,"a\n', "line 2: unexpected end of data"),
        (b"ID_X,NAME\n1,\xe4\n", "the file is not in the job's character set"),
    ],
)
def test_a_bad_file_loads_nothing_and_is_deleted(
    store: Store, files: Path, text: str | bytes, expected: str
) -> None:
    put(files, text)

    assert problem(run(store, files)) == expected
    assert rows(store, "ID_X") == []
    assert (names(files, "upload"), names(files, "archive")) == ([], ["carts_1.csv"])


def test_bad_rows_may_be_left_out(store: Store, files: Path) -> None:
    put(files, "ID_X,NAME\n1,a\nx,b\n3\n4,d\n")
    result = run(store, files, bad_rows="skip")

    assert result.succeeded
    assert (result.files[0].records, result.files[0].inserted, result.files[0].skipped) == (4, 2, 2)
    assert rows(store, "ID_X") == [("1",), ("4",)]


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"table": "NOPE"}, "no supplemental table NOPE in folder CDP"),
        ({"table": "KEYLESS"}, "table KEYLESS has no primary key to merge on"),
    ],
)
def test_after_other_failures_the_file_stays(
    store: Store, files: Path, job: dict[str, Any], expected: str
) -> None:
    put(files, "ID_X,NAME\n1,a\n")

    assert problem(run(store, files, **job)) == expected
    assert names(files, "upload") == names(files, "archive") == ["carts_1.csv"]


@pytest.mark.parametrize(
    ("job", "count_file", "count"),
    [
        ({}, "carts_1.csv.cnt", "2\n"),
        ({"count_name": "replace"}, "carts_1.cnt", "2"),
        ({"count_header": True}, "carts_1.csv.cnt", "3"),
    ],
)
def test_a_count_file_that_agrees(
    store: Store, files: Path, job: dict[str, Any], count_file: str, count: str
) -> None:
    put(files, 'ID_X,NAME\n1,"line\nbreak"\n2,b\n')
    put(files, count, count_file)

    assert run(store, files, count_extension="cnt", file_pattern="carts_*", **job).succeeded
    assert store.row_count("CDP", "CARTS") == 2
    assert names(files, "upload") == []


@pytest.mark.parametrize("count", ["3", "", "two", None])
def test_a_count_file_that_does_not_agree(store: Store, files: Path, count: str | None) -> None:
    put(files, "ID_X,NAME\n1,a\n2,b\n")
    expected = "the count file carts_1.csv.cnt is missing"
    if count is not None:
        put(files, count, "carts_1.csv.cnt")
        expected = "the count file carts_1.csv.cnt does not say 2, the number of records"
    assert problem(run(store, files, count_extension="cnt")) == expected
    assert store.row_count("CDP", "CARTS") == 0
    assert (names(files, "upload"), names(files, "archive")) == ([], ["carts_1.csv"])


def test_a_file_waits_for_its_ready_file(store: Store, files: Path) -> None:
    put(files, "ID_X\n1\n")
    assert run(store, files, ready_extension="ready").files == ()
    assert (names(files, "upload"), names(files, "archive")) == (["carts_1.csv"], [])

    put(files, "", "carts_1.csv.ready")
    assert run(store, files, ready_extension="ready").succeeded
    assert names(files, "upload") == []


def test_append_to_a_table_without_key_doubles_rows(store: Store, files: Path) -> None:
    for _ in range(2):
        put(files, "NAME,PRICE\na,1\n")
        assert run(store, files, table="KEYLESS", update="append").succeeded

    assert rows(store, "NAME", table="KEYLESS") == [("a",), ("a",)]


def test_append_to_a_table_with_key_skips_known_keys(store: Store, files: Path) -> None:
    put(files, "ID_X,NAME\n1,old\n")
    run(store, files)
    put(files, "ID_X,NAME\n1,new\n2,new\n")
    (file,) = run(store, files, update="append").files

    assert (file.inserted, file.skipped) == (1, 1)
    assert rows(store, "NAME") == [("old",), ("new",)]


def test_overwrite(store: Store, files: Path) -> None:
    put(files, "ID_X,NAME\n1,a\n2,b\n")
    run(store, files)
    put(files, "ID_X,NAME\n3,c\nx,d\n")
    assert problem(run(store, files, update="overwrite"))
    assert rows(store, "ID_X") == [("1",), ("2",)]

    put(files, "ID_X,NAME\n3,c\n")
    assert run(store, files, update="overwrite").succeeded
    assert rows(store, "ID_X") == [("3",)]


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({}, (None, "5")),
        ({"empty_value": "keep"}, ("a", "5")),
        ({"absent_columns": "blank"}, (None, None)),
        ({"empty_value": "keep", "absent_columns": "blank"}, ("a", None)),
    ],
)
def test_empty_values_and_absent_columns_in_a_merge(
    store: Store, files: Path, job: dict[str, Any], expected: tuple[str | None, ...]
) -> None:
    put(files, "ID_X,NAME,PRICE\n1,a,5\n")
    run(store, files)
    put(files, "ID_X,NAME\n1,\n")
    (file,) = run(store, files, **job).files

    assert file.updated == 1
    assert rows(store, "NAME", "PRICE") == [expected]


def test_a_mapping_renames_columns_and_ignores_the_rest(store: Store, files: Path) -> None:
    put(files, "Cart;NAME;Title\n1;ignored;'x;y'\n")
    job = {"mapping": {"CART": "ID_X", "title": "NAME"}, "delimiter": ";", "quote_char": "'"}

    assert run(store, files, **job).succeeded
    assert rows(store, "ID_X", "NAME") == [("1", "x;y")]


def test_no_quotes_and_another_character_set(store: Store, files: Path) -> None:
    put(files, 'ID_X\tNAME\n1\t"ä\n'.encode("latin-1"))

    assert run(store, files, delimiter="\t", quote_char="", encoding="latin-1").succeeded
    assert rows(store, "NAME") == [('"ä',)]
