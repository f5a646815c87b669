from __future__ import annotations

import pytest

from responsys_io.settings import FILE_SERVER_PROPERTIES, format_problems, problems

SCHEMA = {
    "type": "object",
    "properties": {
        **FILE_SERVER_PROPERTIES,
        "delivery": {"enum": ["api", "sftp", None]},
        "routes": {"type": "object", "additionalProperties": {"type": "object", "required": ["table"]}},
    },
    "required": ["host", "username"],
}


def test_says_nothing_when_all_is_well() -> None:
    assert problems(SCHEMA, {"host": "h", "username": "u", "port": 22, "password": None}) == []


def test_names_each_wrong_setting_once() -> None:
    assert problems(SCHEMA, {"port": "22", "delivery": "fax", "io_timeout": 0, "routes": {"a": {}}}) == [
        "Setting host is missing.",
        "Setting username is missing.",
        "Setting delivery has to be one of: api, sftp.",
        "Setting io_timeout does not keep to exclusiveMinimum 0.",
        "Setting port has to be of type integer.",
        "Setting routes.a.table is missing.",
    ]


def test_never_repeats_a_value() -> None:
    secret = "hunter2-and-more"
    config = {"host": "h", "username": "u", "private_key": [secret], "port": secret, "delivery": secret}
    found = problems(SCHEMA, config)
    assert len(found) == 3
    assert secret not in " ".join(found)


def test_secrets_are_marked() -> None:
    secret = {name for name, setting in FILE_SERVER_PROPERTIES.items() if setting.get("secret")}
    assert secret == {"password", "private_key", "private_key_passphrase"}


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "undefined"])
def test_a_character_set_is_one_that_text_can_be_written_in(encoding: str) -> None:
    found = format_problems(encoding=encoding, timezone="UTC", delimiter=",", quote_char='"')
    assert found == ["Setting encoding names no character set."]


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-16", "cp1252", "Shift_JIS"])
def test_character_sets_that_there_are(encoding: str) -> None:
    assert format_problems(encoding=encoding, timezone="UTC", delimiter=",", quote_char='"') == []
