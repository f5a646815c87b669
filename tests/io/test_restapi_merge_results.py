from __future__ import annotations

from typing import Any

import pytest

from responsys_io.errors import DataError
from responsys_io.mergeresults import refused_deletions, refused_recipients, refused_records

SENT = [["1", "a@example.com"], ["1w", "b@example.com"], ["3", "c@example.com"]]
REASON = 'The value "1w" is not valid for the field type INTEGER'


def failed(index: int) -> list[str]:
    return [f"MERGEFAILED: Record {index} = {REASON}\r\n", ""]


def test_a_refused_record_is_found_among_the_echoed_ones() -> None:
    assert refused_records("T", SENT, [SENT[0], failed(1), SENT[2]]) == {1: REASON}


def test_all_may_be_refused() -> None:
    assert refused_records("T", SENT, [failed(0), failed(1), failed(2)]).keys() == {0, 1, 2}


def test_a_value_that_reads_like_a_failure_is_none() -> None:
    sent = [["MERGEFAILED: Record 0 = x", "1"], ["b", "2"]]
    assert refused_records("T", sent, sent) == {}


def test_a_failure_without_the_number_of_its_record_counts() -> None:
    assert refused_records("T", SENT[:1], [["MERGEFAILED: no such thing", ""]]) == {0: "no such thing"}


def test_place_wins_over_a_number_that_is_counted_otherwise() -> None:
    assert refused_records("T", SENT, [SENT[0], failed(2), SENT[2]]) == {1: REASON}


def test_an_answer_in_another_order_is_not_guessed_at() -> None:
    with pytest.raises(DataError, match="RSYS-4007.*order") as raised:
        refused_records("T", SENT, [failed(1), SENT[2], SENT[0]])
    assert "example.com" not in str(raised.value)


@pytest.mark.parametrize("answered", [[], SENT[:2], [*SENT, SENT[0]]])
def test_the_number_of_rows_has_to_be_that_of_the_records(answered: list[list[str]]) -> None:
    with pytest.raises(DataError, match=f"RSYS-4007.*{len(answered)} rows to a merge of 3"):
        refused_records("T", SENT, answered)


def test_a_refused_deletion_is_found_among_the_echoed_keys() -> None:
    answered = [["1"], ["DELETEFAILED: No Records found for the Id\n"]]
    assert refused_records("T", [["1"], ["2"]], answered) == {1: "No Records found for the Id"}


def test_recipients_are_told_from_failures() -> None:
    answered: list[list[Any]] = [
        ["470515045"],
        ["MERGEFAILED: Record 1 = INVALID_PARAMETER: x\r\n"],
        [470515046],
    ]
    assert refused_recipients("L", SENT, answered) == {1: "INVALID_PARAMETER: x"}


@pytest.mark.parametrize("nobody", [[], [""], [None], ["-1"], [-1], ["0"]])
def test_a_record_without_a_recipient_was_not_merged(nobody: list[Any]) -> None:
    assert refused_recipients("L", SENT[:1], [nobody]).keys() == {0}


@pytest.mark.parametrize("numbers", [(1, 0), (2, 2), (0, 3)])
def test_recipients_in_another_order_are_not_guessed_at(numbers: tuple[int, int]) -> None:
    answered = [failed(numbers[0]), ["470515045"], failed(numbers[1])]
    with pytest.raises(DataError, match="RSYS-4007.*order"):
        refused_recipients("L", SENT, answered)


@pytest.mark.parametrize("answered", [[], [["1"]] * 2, [["1"]] * 4])
def test_the_number_of_recipients_has_to_be_that_of_the_records(answered: list[list[str]]) -> None:
    with pytest.raises(DataError, match=f"RSYS-4007.*{len(answered)} rows to a merge of 3"):
        refused_recipients("L", SENT, answered)


def test_several_recipients_may_go_for_one_id() -> None:
    assert refused_deletions("L", [["a"], ["b"]], [["1"], ["2"], ["3"]]) == {}


@pytest.mark.parametrize("answered", [[["1"]], [["1"], ["2"], ["DELETEFAILED: x\n"]]])
def test_a_deletion_that_cannot_be_attributed(answered: list[list[str]]) -> None:
    with pytest.raises(DataError, match=f"RSYS-4007.*{len(answered)} rows to a deletion of 2"):
        refused_deletions("L", [["a"], ["b"]], answered)
