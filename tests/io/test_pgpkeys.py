"""PGP keys as users give them: every form that works, a text of its own for each that cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from responsys_io.errors import SettingsError
from responsys_io.pgpkeys import PgpKeys, packet_tag

if TYPE_CHECKING:
    from pathlib import Path


def block(kind: str) -> str:
    return f"-----BEGIN PGP {kind} KEY BLOCK-----\n\nbGFyZ2U=\n-----END PGP {kind} KEY BLOCK-----\n"


PRIVATE, PUBLIC = block("PRIVATE"), block("PUBLIC")


@pytest.mark.parametrize(
    "text",
    [PRIVATE, PRIVATE.replace("\n", "\r\n"), PRIVATE.replace("\n", "\\n"), f"  {PRIVATE}\n\n"],
)
def test_forms_of_an_armoured_key(text: str) -> None:
    assert PgpKeys.from_config({"pgp_private_key": text}).private_key == PRIVATE.encode()


def test_keys_from_files(tmp_path: Path) -> None:
    armoured, binary = tmp_path / "public.asc", tmp_path / "private.gpg"
    armoured.write_text(PUBLIC, encoding="ascii")
    binary.write_bytes(b"\x94\x86\x04 binary")
    given = {"pgp_private_key_file": str(binary), "pgp_public_key_file": str(armoured)}
    assert PgpKeys.from_config(given) == PgpKeys(b"\x94\x86\x04 binary", "", PUBLIC.encode())


def test_nothing_set_is_nothing_given() -> None:
    assert PgpKeys.from_config({"pgp_private_key": "", "pgp_passphrase": None}) == PgpKeys()


def test_keys_are_not_shown() -> None:
    assert repr(PgpKeys(b"private", "passphrase", b"public")) == "PgpKeys()"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"pgp_private_key": PUBLIC}, "RSYS-1304: pgp_private_key holds a public PGP key instead of a priv"),
        ({"pgp_public_key": PRIVATE}, "RSYS-1304: pgp_public_key holds a private PGP key instead of a publ"),
        ({"pgp_private_key": "secret"}, "RSYS-1303: pgp_private_key holds no PGP key"),
        ({"pgp_private_key": "-----BEGIN OPENSSH PRIVATE KEY-----\n"}, "RSYS-1303: pgp_private_key holds no"),
        # The path of a file belongs into the setting that says so.
        ({"pgp_public_key": "keys/public.asc"}, "RSYS-1303: pgp_public_key holds no PGP key"),
        ({"pgp_private_key": PRIVATE[:60]}, "RSYS-1305: The PGP key in pgp_private_key is cut off"),
        ({"pgp_private_key_file": "/no/such/key"}, "RSYS-1302: pgp_private_key_file /no/such/key cannot be"),
    ],
)
def test_keys_that_cannot_be_one(settings: dict[str, str], line: str) -> None:
    with pytest.raises(SettingsError, match=line) as refused:
        PgpKeys.from_config(settings)
    assert "secret" not in str(refused.value).replace("-secret-keys", "")


@pytest.mark.parametrize(
    ("data", "tag"),
    [(b"", None), (b"text", None), (b"\x84\x5e", 1), (b"\x85\x01", 1), (b"\xc1\x5e", 1), (b"\x99\x01", 6)],
)
def test_packet_tags(data: bytes, tag: int | None) -> None:
    assert packet_tag(data) == tag
