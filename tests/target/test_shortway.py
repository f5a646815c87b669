"""The short way and the SDK's way come to the same, whatever the records are."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.delivery import lines

from responsys_io.errors import DataError
from target_responsys import file_sink
from target_responsys.recordtypes import NotCompilableError, check_record_rules, value_type
from target_responsys.sink import ResponsysSink
from target_responsys.target import TargetResponsys

if TYPE_CHECKING:
    from target_responsys.csvspool import CsvSpool

PROPERTIES: dict[str, dict[str, Any]] = {
    "id": {"type": "integer"},
    "name": {"type": ["null", "string"]},
    "short": {"type": ["null", "string"], "maxLength": 3},
    "amount": {"type": ["null", "number"]},
    "fixed": {"type": "number"},
    "open": {"type": ["null", "boolean"]},
    "at": {"type": ["null", "string"], "format": "date-time"},
    "day": {"type": ["null", "string"], "format": "date"},
    "thing": {"type": ["null", "object"]},
    "nested": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    "kind": {"enum": ["a", "b", None]},
    "either": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]},
    "any": {},
}
TEXTS = st.sampled_from(
    [
        *(
            "",
            "x",
            "é",
            "日本",
            'say "hi"',
            "a\nb",
            "a\tb",
            "a\u2028b",
            "a\x85b",
            "\x1f",
            "\x00",
            "\xa0",
            "xxxx",
        ),
        *("\U0001f600" * 3, "2026-07-01T12:30:15Z", "2026-07-01 12:30:15.999+02:00", "2026-W01-1T10:00:00Z"),
        *("20260701T101010Z", "2026-07-01", "2026-07-01T24:00:00Z", "2026-07-01T10:00", "2026-13-01"),
        *("20260701", "2026-W01-1"),
    ]
)
NUMBERS = st.sampled_from(
    [
        "0",
        "-0",
        "5",
        "5.0",
        "0.10",
        "-0.0",
        "1e3",
        "1E-7",
        "1e400",
        "12345678901234567890",
        "0.1000000000000000055",
    ]
)
JSON = st.one_of(
    TEXTS.map(json.dumps),
    TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
    NUMBERS,
    st.sampled_from(["null", "true", "false", "[]", '{"a": 1}', '{"a": "x"}', '[1, 2.50, "\\u0085"]']),
)
QUOTED = TEXTS.map(json.dumps)
MOMENTS = st.sampled_from(
    [
        "null",
        *map(
            json.dumps, ("2026-07-01T12:30:15Z", "2026-07-01T24:00:00Z", "2026-W01-1T10:00:00Z", "2026-07-01")
        ),
    ]
)
FITTING = {
    "name": QUOTED,
    "short": st.sampled_from(["null", *map(json.dumps, ("", "xxx", "xxxx", "\U0001f600" * 3))]),
    "amount": NUMBERS,
    "fixed": NUMBERS,
    "open": st.sampled_from(["null", "true", "false"]),
    "at": MOMENTS,
    "day": MOMENTS,
    "thing": st.sampled_from(["null", "{}", '{"a": [1, 2.50, "\\u0085"]}']),
    "nested": st.just('{"a": 1}'),
    "kind": st.sampled_from(["null", '"a"']),
    "either": QUOTED,
    "any": JSON,
}
# Most are what the schema says, so that most runs come far; some have anything anywhere.
RECORDS = st.one_of(
    *[st.fixed_dictionaries({"id": st.integers(0, 5).map(str)}, optional=FITTING)] * 4,
    st.dictionaries(
        st.sampled_from([*PROPERTIES, "_sdc_deleted_at", "_sdc_sequence", "unknown"]), JSON, max_size=9
    ).map(lambda values: {"id": "1", **values}),
)
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={"additionalProperties": st.booleans(), "required": st.sampled_from([["id"], ["name"], ["x"]])},
)


def message(values: dict[str, str]) -> bytes:
    record = ", ".join(f"{json.dumps(name)}: {value}" for name, value in values.items())
    return b'{"type": "RECORD", "stream": "s", "record": {' + record.encode() + b'}, "x": 1}\n'


def outcome(config: dict[str, Any], data: list[bytes], schema: dict[str, Any]) -> Any:
    """The rows as they were written, the rejects and what ended the run, if anything did."""
    first = {"type": "SCHEMA", "stream": "s", "key_properties": ["id"], "schema": schema}
    written: list[bytes] = []
    fault = ""

    def publish(sink: file_sink.FileSink) -> None:
        spool: CsvSpool | None = sink._spool
        written.extend(part.content.readall() for part in (spool.finished() if spool else []))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_sink.FileSink, "publish", publish)
        target = TargetResponsys(config=config)
        try:
            target._reader.process_lines(
                io.BytesIO(lines([first]) + b"".join(data)),
                {
                    "SCHEMA": target._process_schema_message,
                    "RECORD": target._process_record_message,
                },
            )
        except DataError as error:
            fault = str(error)
        received = []
        for sink in target._sinks:
            assert isinstance(sink, file_sink.FileSink)
            received.append(sink.tally.received)
            sink.publish()
            sink.close()
        target.rejects.close()
    rejects = target.rejects.path
    refused = rejects.read_text(encoding="utf-8") if rejects.exists() else ""
    return written, refused, fault, received


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(RECORDS.map(message), max_size=9), rules=SCHEMAS, validates=st.booleans())
def test_files_are_the_same(
    tmp_path: Path, data: list[bytes], rules: dict[str, Any], validates: bool
) -> None:
    chosen = config(tmp_path) | {"validate_records": validates}
    (tmp_path / "rejects.jsonl").unlink(missing_ok=True)
    schema = {"type": "object", "properties": PROPERTIES, **rules}
    short = outcome(chosen, data, schema)
    (tmp_path / "rejects.jsonl").unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResponsysSink, "short_way", lambda _: None)
        assert outcome(chosen, data, schema) == short


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/definitions/x"},
        {"type": "object", "properties": {"a": {"$ref": "#/definitions/x"}}},
        {"type": "unheard of"},
        True,
    ],
)
def test_properties_that_are_left_to_the_sdk(schema: Any) -> None:
    with pytest.raises(NotCompilableError):
        value_type(schema)


@pytest.mark.parametrize(
    "rules",
    [
        {"anyOf": [{"required": ["a"]}]},
        {"additionalProperties": {"type": "string"}},
        {"required": ["_sdc_sequence"]},
        {"type": "array"},
    ],
)
def test_records_that_are_left_to_the_sdk(rules: dict[str, Any]) -> None:
    with pytest.raises(NotCompilableError):
        check_record_rules({"properties": {}, **rules})


def test_what_is_not_asked_for_is_utf_8_too() -> None:
    data = [b'{"type": "RECORD", "stream": "s", "record": {"id": 1, "x": "\xff"}}\n']
    with pytest.raises(DataError, match="RSYS-6001: Line 2"):
        read(data)


def test_another_stream_s_records_are_not_taken() -> None:
    with pytest.raises(DataError, match="RSYS-6009: Line 2"):
        read([b'{"type": "RECORD", "stream": "t", "record": {"id": 1}}\n'])
    with pytest.raises(DataError, match="RSYS-6004: .* line 2"):
        read([b'{"type": "RECORD", "record": {"id": 1}}\n'])


@pytest.mark.parametrize(
    "setting",
    [
        {"add_record_metadata": True},
        {"flattening_enabled": True, "flattening_max_depth": 1},
        {"stream_maps": {"s": {"name": "upper(name)"}}},
        {"stream_maps": {"s": {"__filter__": "id > 1"}}},
    ],
)
def test_what_the_sdk_does_with_records_it_does(tmp_path: Path, setting: dict[str, Any]) -> None:
    target = TargetResponsys(config=config(tmp_path) | setting)
    target._process_schema_message({"stream": "s", "key_properties": ["id"], "schema": SCHEMA})
    assert not target._reader.short.take([message({"id": "1"})])


def test_a_plain_stream_has_a_short_way(tmp_path: Path) -> None:
    target = TargetResponsys(config=config(tmp_path))
    target._process_schema_message({"stream": "s", "key_properties": ["id"], "schema": SCHEMA})
    assert target._reader.short.take([message({"id": "1"})])
    assert not target._reader.short.take([message({"id": '"1"'})])
    close(target)


def test_lines_are_taken_up_to_one_that_needs_the_sdk(tmp_path: Path) -> None:
    target = TargetResponsys(config=config(tmp_path))
    target._process_schema_message({"stream": "s", "key_properties": ["id"], "schema": SCHEMA})
    take = target._reader.short.take
    fitting, unfit = message({"id": "1"}), message({"id": "1", "at": '"2026-13-01"'})
    assert take([fitting, fitting, unfit, fitting]) == 2
    assert take([unfit, fitting]) == 0
    close(target)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param([message({"id": "1"}).rstrip() + message({"id": "2"})], id="two in a line"),
        pytest.param(
            message({"id": "1"}).replace(b", ", b",\n").splitlines(keepends=True), id="over several"
        ),
        pytest.param(
            [
                message({"id": "1"}).rstrip() + message({"id": "2"}),
                *message({"id": "3"}).replace(b'"x"', b'\n"x"').splitlines(keepends=True),
            ],
            id="as many as lines",
        ),
        pytest.param([message({"id": "1"}), b"\n"], id="a blank one"),
    ],
)
def test_a_line_is_a_message(tmp_path: Path, data: list[bytes]) -> None:
    target = TargetResponsys(config=config(tmp_path))
    target._process_schema_message({"stream": "s", "key_properties": ["id"], "schema": SCHEMA})
    assert target._reader.short.take(data) == 0


SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": ["null", "string"]},
        "at": {"type": ["null", "string"], "format": "date-time"},
    },
}


def close(target: TargetResponsys) -> None:
    for sink in target._sinks:
        assert isinstance(sink, file_sink.FileSink)
        sink.close()


def config(folder: Path) -> dict[str, Any]:
    return {
        "delivery": "sftp",
        "host": "localhost",
        "username": "u",
        "password": "p",
        "host_key_fingerprint": "SHA256:" + "A" * 43,
        "campaign_id": "c1",
        "execution_id_column": "",
        "executed_at_column": "",
        "rejects_file": str(folder / "rejects.jsonl"),
    }


def read(data: list[bytes]) -> None:
    target = TargetResponsys(config=config(Path("unused")))
    first = {"type": "SCHEMA", "stream": "s", "key_properties": ["id"], "schema": SCHEMA}
    target._reader.process_lines(
        io.BytesIO(lines([first]) + b"".join(data)),
        {"SCHEMA": target._process_schema_message, "RECORD": target._process_record_message},
    )
