"""Import jobs: extension tables, files without header, date masks, packed and encrypted uploads."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from support.archives import archive, zipped
from support.pgp import imported, needs_gpg

from responsys_sandbox.importjob import ImportJob
from responsys_sandbox.imports import ImportedFile, run_import
from responsys_sandbox.loadmask import mask_problem, unmasked
from responsys_sandbox.pgp import PgpKeyFolder
from responsys_sandbox.profilelists import LIST_NAME, contacts_list
from responsys_sandbox.store import Store
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VISITS = Table("CDP", "VISITS", (Column("ID", "INTEGER"), Column("SEEN", "TIMESTAMP")), ("ID",))
SCORES = Table("CDP", "SCORES", (Column("RIID_", "INTEGER"), Column("POINTS", "INTEGER")), ("RIID_",))
TEXT = b"ID,SEEN\n1,2026-01-15 08:30:00\n2,\n"
ROWS = [{"ID": "1", "SEEN": "2026-01-15 08:30:00"}, {"ID": "2", "SEEN": None}]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "account.sqlite") as store:
        store.create_table(VISITS)
        people = contacts_list("CDP")
        store.lists.add_list(people)
        store.lists.add_members(
            people,
            [
                {"RIID_": "1", "EMAIL_ADDRESS_": "Ana@example.com", "CUSTOMER_ID_": "a"},
                {"RIID_": "2", "EMAIL_ADDRESS_": "bo@example.com", "CUSTOMER_ID_": "b"},
                {"RIID_": "3", "EMAIL_ADDRESS_": "two@example.com", "CUSTOMER_ID_": "c"},
                {"RIID_": "4", "EMAIL_ADDRESS_": "two@example.com", "CUSTOMER_ID_": "d"},
            ],
        )
        store.extensions.create(LIST_NAME, SCORES)
        yield store


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "files" / "upload").mkdir(parents=True)
    return tmp_path / "files"


def run(store: Store, files: Path, data: bytes, keys: PgpKeyFolder | None = None, **job: Any) -> ImportedFile:
    (files / "upload" / "f.csv").write_bytes(data)
    settings = {"name": "job", "folder": "CDP", "table": "VISITS", "file_pattern": "f.csv"} | job
    (file,) = run_import(store, files, ImportJob(**settings), keys=keys, moment="2026-07-01 00:00:00").files
    return file


PET: dict[str, Any] = {"table": "SCORES", "list_name": LIST_NAME, "match": ("EMAIL_ADDRESS_",)}


def points(store: Store) -> dict[str | None, str | None]:
    return {row["RIID_"]: row["POINTS"] for row in store.extensions.rows(LIST_NAME, SCORES)}


def test_an_extension_table_is_filled_by_the_members_whom_records_are_about(
    store: Store, files: Path
) -> None:
    text = b"POINTS,EMAIL_ADDRESS_\n5,ana@example.com\n6,nobody@example.com\n7,two@example.com\n8,\n"
    file = run(store, files, text, **PET)
    assert (file.problem, file.records, file.inserted, file.updated, file.skipped) == (None, 4, 1, 0, 3)
    assert points(store) == {"1": "5"}

    both = (
        b"POINTS,CUSTOMER_ID_,EMAIL_ADDRESS_\n9,c,two@example.com\n1,a,ana@example.com\n2,b,ana@example.com\n"
    )
    file = run(store, files, both, **(PET | {"match": ("EMAIL_ADDRESS_", "CUSTOMER_ID_")}))
    assert (file.inserted, file.updated, file.skipped) == (1, 1, 1)
    assert points(store) == {"1": "1", "3": "9"}


def test_a_record_of_nobody_may_refuse_the_file(store: Store, files: Path) -> None:
    text = b"POINTS,EMAIL_ADDRESS_\n5,ana@example.com\n6,nobody@example.com\n"
    file = run(store, files, text, **PET, nobody="fail")
    assert file.problem == "a record is about nobody, or about several people"
    assert points(store) == {}


def test_columns_may_go_by_their_place(store: Store, files: Path) -> None:
    text = b"SEEN,ID\n1,2026-01-15 08:30:00\n2,\n"
    assert run(store, files, text, by_position=True).problem is None
    assert store.rows("CDP", "VISITS") == ROWS
    wider = run(store, files, b"ID,SEEN,MORE\n3,,x\n", by_position=True)
    assert wider.problem == "line 2 has 3 values for 2 columns"


@pytest.mark.parametrize(
    ("job", "rows", "problem"),
    [
        ({}, 2, None),
        ({"long_text": "bad"}, 0, "line 2: column NAME is not a valid STR25"),
        ({"long_text": "bad", "bad_rows": "skip"}, 1, None),
    ],
)
def test_text_that_is_too_long(
    store: Store, files: Path, job: dict[str, Any], rows: int, problem: str | None
) -> None:
    store.create_table(Table("CDP", "NAMES", (Column("ID", "INTEGER"), Column("NAME", "STR25")), ("ID",)))
    file = run(store, files, b"ID,NAME\n1," + b"x" * 26 + b"\n2,y\n", table="NAMES", **job)
    assert (file.inserted, file.problem) == (rows, problem)
    assert {row["NAME"] for row in store.rows("CDP", "NAMES")} <= {"x" * 25, "y"}


def test_a_hash_adds_no_rows(store: Store, files: Path) -> None:
    run(store, files, b"POINTS,RIID_\n5,1\n", **(PET | {"match": ("RIID_",)}))
    hashes = [member["EMAIL_MD5_HASH_"] for member in store.lists.members(contacts_list("CDP"))]
    text = f"POINTS,EMAIL_MD5_HASH_\n6,{hashes[0]}\n7,{hashes[1]}\n".encode()
    file = run(store, files, text, **(PET | {"match": ("EMAIL_MD5_HASH_",)}))
    assert (file.inserted, file.updated, file.skipped) == (0, 1, 1)
    assert points(store) == {"1": "6"}


@pytest.mark.parametrize(
    ("text", "job", "problem"),
    [
        (b"POINTS\n1\n", {}, "the header lacks the key column EMAIL_ADDRESS_"),
        (b"POINTS,EMAIL_ADDRESS_\n5,ana@example.com\nx,bo@example.com\n", {}, "line 3: column POINTS is not"),
        (b"POINTS,EMAIL_ADDRESS_\n1,x\n", {"table": "NONE"}, "no extension table NONE of list"),
        (b"POINTS,EMAIL_ADDRESS_\n1,x\n", {"list_name": "NONE"}, "no extension table SCORES of list NONE"),
    ],
)
def test_nothing_of_a_bad_file_is_in_an_extension_table(
    store: Store, files: Path, text: bytes, job: dict[str, Any], problem: str
) -> None:
    file = run(store, files, text, **(PET | job))
    assert (file.problem or "").startswith(problem)
    assert points(store) == {}


@pytest.mark.parametrize("columns", [(), ("ID", "SEEN")])
def test_a_file_without_header(store: Store, files: Path, columns: tuple[str, ...]) -> None:
    (files / "upload" / "f.csv.cnt").write_text("2")
    text = TEXT.partition(b"\n")[2]
    job: dict[str, Any] = {
        "header": False,
        "columns": columns,
        "count_extension": "cnt",
        "count_header": True,
    }
    assert run(store, files, text, **job).records == 2
    assert store.rows("CDP", "VISITS") == ROWS


@pytest.mark.parametrize(
    ("mask", "text", "stored"),
    [
        ("DD-Mon-YYYY HH24:MI:SS", "05-jul-2026 01:02:03", "2026-07-05 01:02:03"),
        ("MM/DD/YYYY", "07/05/2026", "2026-07-05 00:00:00"),
        ("YYYYMMDD HH24MISS", "20260705 010203.999", "2026-07-05 01:02:03"),
        ("DD.MM.YYYY", "2026-07-05", None),
        ("DD-MON-YYYY", "05-XYZ-2026", None),
    ],
)
def test_date_masks(store: Store, files: Path, mask: str, text: str, stored: str | None) -> None:
    assert unmasked(text, mask) == stored
    file = run(store, files, f"ID,SEEN\n1,{text}\n".encode(), date_mask=mask)
    assert (file.problem is None) is (stored is not None)
    assert [row["SEEN"] for row in store.rows("CDP", "VISITS")] == ([stored] if stored else [])


@pytest.mark.parametrize("mask", ["YYYY-MM", "DD-MM-MON-YYYY", "YYYY-YYYY-MM-DD", ""])
def test_masks_that_are_none(mask: str) -> None:
    assert mask_problem(mask)


@pytest.mark.parametrize("packed", [gzip.compress(TEXT), zipped(TEXT)], ids=["gzip", "zip"])
def test_packed_files(store: Store, files: Path, packed: bytes) -> None:
    assert run(store, files, packed, unpacks=False).problem
    assert run(store, files, packed).problem is None
    assert store.rows("CDP", "VISITS") == ROWS


DAMAGED = {
    "half a gzip": gzip.compress(TEXT)[:20],
    "half a zip": zipped(TEXT)[:40],
    "two files": archive({"a": TEXT, "b": TEXT}),
    "a zip's first bytes": b"PK\x03\x04",
    "a gzip's first bytes": b"\x1f\x8b",
}


@pytest.mark.parametrize("packed", DAMAGED.values(), ids=DAMAGED)
def test_damaged_archives(store: Store, files: Path, packed: bytes) -> None:
    file = run(store, files, packed)
    assert "unpacked" in (file.problem or "") or "exactly one file" in (file.problem or "")
    assert not list((files / "upload").iterdir())


@needs_gpg
def test_encrypted_files(store: Store, files: Path, tmp_path: Path) -> None:
    from subprocess import run as run_program  # noqa: PLC0415

    keys = PgpKeyFolder(tmp_path / "keys")
    sealed = tmp_path / "sealed"
    plain = tmp_path / "plain"
    plain.write_bytes(zipped(TEXT))
    with imported(keys.sender_public_key()) as home:
        command = ["gpg", "--homedir", home, "--batch", "--yes", "--trust-model", "always"]
        to = ["--recipient", "pgp_sender@example.com", "--output", str(sealed), "--encrypt", str(plain)]
        run_program([*command, *to], check=True, capture_output=True)
    assert run(store, files, sealed.read_bytes()).problem
    assert run(store, files, sealed.read_bytes(), keys, encrypted=True).problem is None
    assert store.rows("CDP", "VISITS") == ROWS
    for data, known in ((TEXT, keys), (sealed.read_bytes(), None)):
        assert "crypted" in (run(store, files, data, known, encrypted=True).problem or "")


@pytest.mark.parametrize(
    "job",
    [
        {"name": "Jöb"},
        {"name": "x" * 101},
        {"date_mask": "nonsense"},
        {"match": ("EMAIL_ADDRESS_",)},
        {"list_name": "L", "match": ("NAME",)},
        {"list_name": "L", "match": ("RIID_",), "update": "overwrite"},
    ],
)
def test_jobs_that_cannot_be(job: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each has words of its own
        ImportJob(**({"name": "job", "folder": "CDP", "table": "T", "file_pattern": "f"} | job))
