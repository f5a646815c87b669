"""Encrypting through gpg into a file: what comes out, and keys that cannot be used."""

from __future__ import annotations

import io
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from support.pgp import gpg, needs_gpg, pair

from responsys_io.encryption import encryption_problem
from responsys_io.errors import SettingsError, TransientError
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys

if TYPE_CHECKING:
    from support.pgp import PgpPair

pytestmark = needs_gpg

TEXT = b"".join(b'"%d","a value"\n' % number for number in range(100_000))


def encrypted(text: bytes, keys: PgpKeys) -> bytes:
    with KeyRing(keys) as ring, tempfile.TemporaryFile(buffering=0) as file:
        file.write(b"before")
        with ring.encrypting(file.fileno()) as stream:
            view = memoryview(text)
            while view:
                view = view[stream.write(view) :]
        assert file.seek(0, 2) > len(b"before")
        file.seek(0)
        assert file.read(6) == b"before"
        return file.read()


def read_by(receiver: PgpPair, message: bytes, signer: PgpPair | None = None) -> bytes:
    keys = PgpKeys(receiver.private, "", signer.public if signer else b"")
    with KeyRing(keys) as ring, ring.decrypted(io.BytesIO(message), "X.gpg") as stream:
        return stream.read()


@pytest.mark.parametrize("text", [TEXT, b""])
def test_the_receiver_reads_what_was_written(text: bytes) -> None:
    message = encrypted(text, PgpKeys(public_key=pair("responsys").public))
    assert b"a value" not in message
    assert read_by(pair("responsys"), message) == text


def test_a_private_key_signs() -> None:
    signer = pair("protected", passphrase="pass phrase \u00fc")
    keys = PgpKeys(signer.private, "pass phrase \u00fc", pair("responsys").public)
    assert read_by(pair("responsys"), encrypted(TEXT, keys), signer) == TEXT


def expired() -> PgpPair:
    return pair("old", made="20200101T000000", expires="2021-01-01")


def signing_only() -> PgpPair:
    user = "signing-only <signing-only@example.com>"
    gpg("--quick-gen-key", user, "ed25519", "sign", "never")
    made = pair("responsys")
    return type(made)("signing-only", b"", gpg("--armor", "--export", user))


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (
            lambda: PgpKeys(public_key=expired().public),
            "RSYS-1307: gpg cannot encrypt for the key in pgp_public_key",
        ),
        (
            lambda: PgpKeys(public_key=signing_only().public),
            "RSYS-1307: gpg cannot encrypt for the key in pgp_public_key",
        ),
        (
            lambda: PgpKeys(expired().private, "", pair("responsys").public),
            "RSYS-1308: gpg cannot sign with the key in pgp_private_key: it has expired",
        ),
        (
            lambda: PgpKeys(
                pair("protected", passphrase="pass phrase \u00fc").private, "wrong", pair("responsys").public
            ),
            "RSYS-1308: gpg cannot sign with the key in pgp_private_key: its passphrase",
        ),
        (
            lambda: PgpKeys(
                pair("protected", passphrase="pass phrase \u00fc").private, "", pair("responsys").public
            ),
            "RSYS-1308: gpg cannot sign with the key in pgp_private_key: its passphrase",
        ),
    ],
)
def test_keys_that_cannot_be_used_are_found_before_anything_is_written(keys: Any, line: str) -> None:
    with KeyRing(keys()) as ring, pytest.raises(SettingsError, match=line):
        ring.try_encrypting()


def test_a_gpg_that_is_killed_is_no_short_message() -> None:
    with (
        KeyRing(PgpKeys(public_key=pair("responsys").public)) as ring,
        tempfile.TemporaryFile(buffering=0) as file,
        pytest.raises(TransientError, match="RSYS-5203: gpg was ended by signal 9"),
    ):
        stream = ring.encrypting(file.fileno())
        stream._process.kill()
        stream._process.wait()
        while True:
            stream.write(TEXT)


def test_giving_up_is_silent() -> None:
    with KeyRing(PgpKeys(public_key=pair("responsys").public)) as ring, tempfile.TemporaryFile() as file:
        stream = ring.encrypting(file.fileno())
        stream.abort()
        assert stream.write(TEXT) == len(TEXT)
        stream.close()


def test_other_failures_name_the_exit_code() -> None:
    problem = encryption_problem("[GNUPG:] KEY_CONSIDERED 0 0\nsomething\n", 2)
    assert isinstance(problem, TransientError)
    assert "RSYS-5203: gpg failed with exit code 2" in str(problem)
