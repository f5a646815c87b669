from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from target_responsys.batches import MOST_WAITING, Batch, Batcher

ALL, FEW = (0, 1, 2), (0, 2)


def values(batch: Batch) -> list[list[str]]:
    return [list(row) for row, _ in batch.rows.values()]


def test_a_call_is_made_when_it_is_full() -> None:
    batcher = Batcher(2)
    assert batcher.add(ALL, ("1",), ["1", "a", "x"], {}) == []
    (full,) = batcher.add(ALL, ("2",), ["2", "b", "y"], {})
    assert values(full) == [["1", "a", "x"], ["2", "b", "y"]]
    assert batcher.flush() == []


def test_rows_of_different_columns_do_not_share_a_call() -> None:
    batcher = Batcher(10)
    batcher.add(ALL, ("1",), ["1", "a", "x"], {})
    batcher.add(FEW, ("2",), ["2", "y"], {})
    assert [batch.columns for batch in batcher.flush()] == [ALL, FEW]


def test_of_one_key_the_last_row_wins() -> None:
    batcher = Batcher(10)
    batcher.add(ALL, ("1",), ["1", "old", ""], {"n": 1})
    batcher.add(ALL, ("1",), ["1", "new", ""], {"n": 2})
    (batch,) = batcher.flush()
    assert list(batch.rows.values()) == [(["1", "new", ""], {"n": 2})]
    assert batcher.superseded == 1


def test_a_row_never_overtakes_an_earlier_one_of_its_key() -> None:
    batcher = Batcher(10)
    batcher.add(FEW, ("1",), ["1", "x"], {})
    (earlier,) = batcher.add(ALL, ("1",), ["1", "a", ""], {})
    assert earlier.columns == FEW
    assert [batch.columns for batch in batcher.flush()] == [ALL]


LARGE = "x" * (MOST_WAITING // 4)


def test_no_more_waits_than_a_call_may_carry() -> None:
    batcher = Batcher(200)
    for number in range(3):
        assert batcher.add(FEW, (str(number),), [str(number), LARGE], {}) == []
    (cut,) = batcher.add(FEW, ("3",), ["3", LARGE], {})
    assert [row[0] for row in values(cut)] == ["0", "1", "2", "3"]
    assert batcher.flush() == []


def test_when_too_much_waits_the_largest_call_goes() -> None:
    batcher = Batcher(200)
    batcher.add(ALL, ("1",), ["1", LARGE, ""], {})
    for key in "23":
        batcher.add(FEW, (key,), [key, LARGE], {})
    (cut,) = batcher.add((0, 1), ("4",), ["4", LARGE], {})
    assert cut.columns == FEW
    assert [batch.columns for batch in batcher.flush()] == [ALL, (0, 1)]


def test_what_does_not_wait_any_longer_does_not_count() -> None:
    batcher = Batcher(200)
    for _ in range(8):
        batcher.add(FEW, ("1",), ["1", LARGE], {})
        batcher.add(FEW, ("2",), ["2", LARGE], {})
        batcher.withdraw(("2",))
    assert len(batcher.flush()) == 1
    for key in "345":
        assert batcher.add(FEW, (key,), [key, LARGE], {}) == []


@given(
    size=st.integers(1, 5),
    rows=st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([ALL, FEW, (0, 1)])), max_size=60),
)
def test_any_sequence_ends_as_if_each_row_was_sent_by_itself(size: int, rows: list[tuple[str, Any]]) -> None:
    expected: dict[str, dict[int, str]] = {}
    stored: dict[str, dict[int, str]] = {}
    sent = 0

    def send(batches: list[Batch]) -> None:
        nonlocal sent
        for batch in batches:
            assert 1 <= len(batch.rows) <= size
            for (key,), (row, _) in batch.rows.items():
                stored.setdefault(key, {}).update(zip(batch.columns, row, strict=True))
                sent += 1

    batcher = Batcher(size)
    for number, (key, columns) in enumerate(rows):
        row = [f"{number}.{place}" for place in columns]
        expected.setdefault(key, {}).update(zip(columns, row, strict=True))
        send(batcher.add(columns, (key,), row, {}))
    send(batcher.flush())
    assert stored == expected
    assert sent + batcher.superseded == len(rows)
