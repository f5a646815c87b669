from __future__ import annotations

import locale
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_responsys.values import converter

INTEGER, NUMBER, TIMESTAMP = converter("integer"), converter("number"), converter("timestamp")


@given(st.integers(-(2**63), 2**63 - 1))
def test_ids_of_64_bits_keep_every_digit(value: int) -> None:
    assert INTEGER(str(value)) == value


@pytest.mark.parametrize(
    "text", ["1.0", "1e5", "1_000", " 1", "", "abc", "١٢", str(2**63), "9" * 5000, "NaN"]
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"whole number"):
        INTEGER(text)


@pytest.mark.parametrize("text", ["12.50", "-3", "1E+3", ".5", "100000000000000000000.01"])
def test_numbers_keep_their_digits(text: str) -> None:
    assert NUMBER(text) == Decimal(text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1,5", "1_0", "0x1", "1e9999"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        NUMBER(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("03-Jan-2019 13:05:32", "2019-01-03T13:05:32+00:00"),
        ("03-JAN-2019 13:05:32", "2019-01-03T13:05:32+00:00"),
        ("3-jan-2019 00:00:00", "2019-01-03T00:00:00+00:00"),
        ("2019-01-03 13:05:32", "2019-01-03T13:05:32+00:00"),
        ("2019-01-03 13:05:32.250", "2019-01-03T13:05:32+00:00"),
        ("2019-01-03", "2019-01-03T00:00:00+00:00"),
    ],
)
def test_both_date_forms_become_rfc_3339(text: str, instant: str) -> None:
    assert TIMESTAMP(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "31-Feb-2019 00:00:00",
        "03-Mai-2019 00:00:00",
        "03-Jan-19 00:00:00",
        "2019-13-01 00:00:00",
        "03-Jan-2019 24:00:00",
        "03-Jan-2019 1:2:3",
        "03-Jan-2019T13:05:32",
        "soon",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a (date|time)"):
        TIMESTAMP(text)


def test_an_accounts_own_time_is_turned_into_utc() -> None:
    central = converter("timestamp", "America/Chicago")
    assert central("03-Jan-2019 08:43:00") == "2019-01-03T14:43:00+00:00"
    assert central("03-Jul-2019 08:43:00") == "2019-07-03T13:43:00+00:00"
    with pytest.raises(ValueError, match="not a date"):
        central("31-Feb-2019 08:43:00")


def test_months_are_english_whatever_the_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    try:
        locale.setlocale(locale.LC_TIME, "")
        assert TIMESTAMP("03-Oct-2019 00:00:00") == "2019-10-03T00:00:00+00:00"
    finally:
        locale.setlocale(locale.LC_TIME, before)
