"""The store: what a test or a demo reads through it, and how threads and processes share it."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from responsys_sandbox.store import LoggedRequest, Store
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUDIENCE = Table("CDP", "AUDIENCE", (Column("USERID", "INTEGER"), Column("EMAIL", "STR500")), ("USERID",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "account.sqlite") as store:
        store.create_table(AUDIENCE)
        yield store


def test_rows_have_every_column_in_the_order_of_insertion(store: Store) -> None:
    outcomes = store.merge(AUDIENCE, [{"USERID": "2", "EMAIL": "b@example.com"}, {"USERID": "1"}])

    assert outcomes == ["inserted", "inserted"]
    assert store.rows("CDP", "AUDIENCE") == [
        {"USERID": "2", "EMAIL": "b@example.com"},
        {"USERID": "1", "EMAIL": None},
    ]
    assert store.row_count("CDP", "AUDIENCE") == 2


def test_merge_tells_what_it_did(store: Store) -> None:
    store.merge(AUDIENCE, [{"USERID": "1", "EMAIL": "a@example.com"}])
    new: list[dict[str, str | None]] = [{"USERID": "1", "EMAIL": None}, {"USERID": "2"}]

    assert store.merge(AUDIENCE, new, insert=False, update=False) == ["unchanged", "unmatched"]
    assert store.merge(AUDIENCE, new, insert=False) == ["updated", "unmatched"]
    assert store.rows("CDP", "AUDIENCE") == [{"USERID": "1", "EMAIL": None}]


def test_a_merge_is_all_or_nothing(store: Store) -> None:
    def records() -> Iterator[dict[str, str | None]]:
        yield {"USERID": "1"}
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError):
        store.merge(AUDIENCE, records())
    assert store.rows("CDP", "AUDIENCE") == []
    assert store.merge(AUDIENCE, [{"USERID": "1"}]) == ["inserted"]


def test_replacing_rows(store: Store) -> None:
    store.merge(AUDIENCE, [{"USERID": "1"}])
    store.replace_rows(AUDIENCE, [{"USERID": "2"}])

    assert [row["USERID"] for row in store.rows("CDP", "AUDIENCE")] == ["2"]


def test_an_unknown_table(store: Store) -> None:
    for ask in (store.rows, store.row_count):
        with pytest.raises(LookupError, match="no supplemental table NOPE in folder CDP"):
            ask("CDP", "NOPE")
    assert store.table("CDP", "NOPE") is None


def test_everything_is_there_when_the_file_is_opened_again(store: Store) -> None:
    store.merge(AUDIENCE, [{"USERID": "1"}])
    request = LoggedRequest(1.5, "GET", "/x", 200, None, 0, 0.5)
    store.log_request(request)
    store.save_token("token", 3.0)

    with Store(store.path) as again:
        assert again.tables() == [AUDIENCE]
        assert [folder.name for folder in again.folders()] == ["CDP"]
        assert again.row_count("CDP", "AUDIENCE") == 1
        assert again.requests() == [request]
        assert again.token_issued_at("token") == 3.0


WRITER = """
import sys
from pathlib import Path
from responsys_sandbox.store import Store
with Store(Path(sys.argv[1])) as store:
    table = store.table("CDP", "AUDIENCE")
    for number in range(200):
        store.merge(table, [{"USERID": str(number)}])
"""


def test_processes_and_threads_write_at_the_same_time(store: Store) -> None:
    other = subprocess.Popen([sys.executable, "-c", WRITER, str(store.path)])
    with ThreadPoolExecutor(4) as threads:
        for number in range(1000, 1200):
            threads.submit(store.merge, AUDIENCE, [{"USERID": str(number)}])

    assert other.wait() == 0
    assert store.row_count("CDP", "AUDIENCE") == 400
