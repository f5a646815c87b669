from __future__ import annotations

import pytest

from responsys_io.naming import RESERVED_WORDS, colliding_names, field_name_problem, object_name_problem


@pytest.mark.parametrize("name", ["EMAIL", "a1", "X$#_1", "CAMPAIGN_ID", "B", "A" * 30])
def test_good_field_names(name: str) -> None:
    assert field_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "begin with a letter"),
        ("1ST", "begin with a letter"),
        ("_ID", "begin with a letter"),
        ("FIRST NAME", "hold only"),
        ("NAÏVE", "hold only"),
        ("A,B", "hold only"),
        ("EMAIL_ADDRESS_", "end in an underscore"),
        ("A" * 31, "31 characters and 30"),
        ("id", "id is a reserved word"),
        ("Varchar2", "reserved word"),
        ("t", "single letter"),
        ("M", "single letter"),
    ],
)
def test_each_rule_of_field_names_has_its_words(name: str, words: str) -> None:
    assert words in (field_name_problem(name) or "")


def test_every_reserved_word_is_refused_in_any_case() -> None:
    assert {"access", "with", "mlslabel", "uid", "varchar2"} <= RESERVED_WORDS
    assert all(field_name_problem(word.upper()) for word in RESERVED_WORDS)


@pytest.mark.parametrize("name", ["!MasterData", "Acquia Audiences", "[x]{y}", "A" * 100])
def test_good_object_names(name: str) -> None:
    assert object_name_problem(name) is None


@pytest.mark.parametrize("name", ["", " ", "a/b", "a:b", "a?", "é", "A" * 101])
def test_bad_object_names(name: str) -> None:
    assert object_name_problem(name)


def test_names_that_differ_in_case_only_collide() -> None:
    assert colliding_names(["Email", "AGE", "EMAIL", "age", "x"]) == [["Email", "EMAIL"], ["AGE", "age"]]
