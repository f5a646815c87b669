from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.singerlib.exceptions import InvalidInputLine

from responsys_io.errors import DataError
from target_responsys import lineblocks, messages
from target_responsys.lineblocks import line_blocks
from target_responsys.messages import MessageReader

STATE = b'{"type": "STATE", "value": {"at": 1}}\n'


def read(data: bytes) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    kinds = ("SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION", "BATCH")
    MessageReader().process_lines(io.BytesIO(data), dict.fromkeys(kinds, seen.append))
    return seen


def test_messages_are_handed_on_and_blank_lines_passed_over() -> None:
    record = b'{"type": "RECORD", "stream": "s", "record": {"n": 1.10, "t": "\\u00e9"}}'
    seen = read(b"\n" + STATE + b"  \r\n" + record)
    assert [message["type"] for message in seen] == ["STATE", "RECORD"]
    assert str(seen[1]["record"]["n"]) == "1.10"


@pytest.mark.parametrize(
    "line",
    [
        b"secret\n",
        b'["secret"]\n',
        b'{"type": "STATE", "value": NaN}\n',
        b'{"type": "STATE", "value": "\xff secret"}\n',
        b'{"type": "STATE", "value": "\\ud800"}\n',
        b'{"type": "STATE", "value": ' + b"[" * 100_000 + b"\n",
        b'{"type": "STATE", "value": {}} secret\n',
    ],
)
def test_what_is_no_json_in_utf8(line: bytes) -> None:
    with pytest.raises(DataError, match="RSYS-6001: Line 2 of the input is not a JSON object") as raised:
        read(STATE + line)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_an_input_that_ends_inside_a_line() -> None:
    with pytest.raises(DataError, match="RSYS-6001: Line 3 of the input breaks off"):
        read(STATE + STATE + STATE[:20])


def test_a_last_line_without_its_line_break_is_whole() -> None:
    assert len(read(STATE + STATE.rstrip())) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"stream": "s", "record": {}}\n', "RSYS-6002.*has no type"),
        (b'{"type": "CONFIG", "x": "secret"}\n', "RSYS-6002.*Singer does not know"),
        (b'{"type": ["RECORD"], "record": {}}\n', "RSYS-6002"),
        (b'{"type": "RECORD", "stream": "s"}\n', "RSYS-6004: The RECORD message in line 1"),
        (b'{"type": "RECORD", "stream": "s", "record": "secret"}\n', "RSYS-6004"),
        (b'{"type": "SCHEMA", "stream": "s", "schema": null}\n', "RSYS-6004"),
    ],
)
def test_what_is_json_but_no_message(line: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as raised:
        read(line)
    assert "secret" not in str(raised.value)


def test_what_the_sdk_misses_is_told_without_the_message() -> None:
    def refuse(message: dict[str, Any]) -> None:
        raise InvalidInputLine(str(message))

    line = b'{"type": "RECORD", "record": {"x": "secret"}}'
    with pytest.raises(DataError, match="RSYS-6004: The RECORD message in line 1") as raised:
        MessageReader().process_lines(io.BytesIO(line), {"RECORD": refuse})
    assert "secret" not in str(raised.value)


def test_a_line_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_LINE_BYTES", 2**20)
    with pytest.raises(DataError, match="RSYS-6003: Line 2 of the input is longer than 1 MiB"):
        read(STATE + b'{"x": "' + b"x" * 2**20 + b'"}\n')


def test_a_line_without_an_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_LINE_BYTES", 2**20)
    monkeypatch.setattr(lineblocks, "MAX_LINE_BYTES", 2**20)
    data = io.BytesIO(STATE + b"x" * 2**23)
    with pytest.raises(DataError, match="RSYS-6003: Line 2 of the input is longer than 1 MiB"):
        MessageReader().process_lines(data, {"STATE": lambda _: None})
    assert data.tell() < 2**22


@pytest.mark.parametrize("size", [1, 7, 64, 2**18])
def test_lines_come_as_they_are_however_they_are_read(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(lineblocks, "_READ_BYTES", size)
    data = b"\n" + STATE + b"{\r}\n\n" + STATE.rstrip()
    expected = [b"\n", STATE, b"{\r}\n", b"\n", STATE.rstrip()]
    assert [line for lines in line_blocks(io.BytesIO(data)) for line in lines] == expected
    assert [line for lines in line_blocks(io.StringIO(data.decode())) for line in lines] == expected


@given(st.lists(st.binary(max_size=80)))
def test_no_input_at_all_makes_it_fail_otherwise(lines: list[bytes]) -> None:
    try:
        read(b"\n".join(lines))
    except DataError as error:
        assert error.code.startswith("RSYS-600")  # noqa: PT017  most inputs do not raise
