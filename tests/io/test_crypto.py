"""PGP messages of every kind through gpg, and what is left of it afterwards."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.pgp import encrypted, gpg, needs_gpg, pair
from support.ringfolder import ring_folder, rings_in

from responsys_io import keyring
from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.keyring import KeyRing, sweep
from responsys_io.pgpkeys import PgpKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.pgp import PgpPair

pytestmark = needs_gpg

TEXT = b"".join(b'"%d","a value"\n' % number for number in range(100_000))
SECRET = "pass phrase \u00fc"
# A message whose bytes are those of the text: gpg would compress it otherwise.
PLAINLY = ("--compress-algo", "none")


def keys(signer: str = "", *, passphrase: str = "", name: str = "customer") -> PgpKeys:
    key = pair(name, passphrase=SECRET if name == "protected" else "")
    return PgpKeys(key.private, passphrase, pair(signer).public if signer else b"")


def decrypt(message: bytes, given: PgpKeys | None = None, name: str = "X.gpg") -> bytes:
    with KeyRing(given or keys()) as ring, ring.decrypted(io.BytesIO(message), name) as stream:
        return stream.read()


@pytest.mark.parametrize("armoured", [False, True])
@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("text", [TEXT, b""])
def test_messages_come_out_as_they_went_in(armoured: bool, signed: bool, text: bytes) -> None:
    signer = pair("signer") if signed else None
    message = encrypted(text, pair("customer"), armoured=armoured, signed_by=signer)
    assert decrypt(message) == text


def test_a_message_for_several_people_is_for_us_too() -> None:
    others = ("--recipient", pair("other").name, "--hidden-recipient", pair("signer").name)
    assert decrypt(encrypted(TEXT, pair("customer"), *others)) == TEXT


def test_further_signatures_do_no_harm() -> None:
    further = ("--local-user", pair("other").name)
    signed = encrypted(TEXT, pair("customer"), *further, signed_by=pair("signer"))
    assert decrypt(signed, keys("signer")) == TEXT


def test_a_key_that_has_expired_since_still_decrypts() -> None:
    old = pair("old", made="20200101T000000", expires="2021-01-01")
    message = encrypted(TEXT, old, "--faked-system-time", "20200601T000000")
    assert decrypt(message, PgpKeys(old.private)) == TEXT


def test_a_binary_private_key_works() -> None:
    pair("customer")
    binary = gpg("--export-secret-keys", "customer")
    assert decrypt(encrypted(TEXT, pair("customer")), PgpKeys(binary)) == TEXT


def test_a_passphrase_opens_the_key_and_an_idle_one_does_no_harm() -> None:
    message = encrypted(TEXT, pair("protected", passphrase=SECRET))
    assert decrypt(message, keys(name="protected", passphrase=SECRET)) == TEXT
    assert decrypt(encrypted(TEXT, pair("customer")), keys(passphrase=SECRET)) == TEXT


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="other processes are seen as Linux shows them"
)
def test_nobody_sees_the_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAP_RESPONSYS_PGP_PASSPHRASE", SECRET)
    message = encrypted(TEXT, pair("protected", passphrase=SECRET))
    given = keys(name="protected", passphrase=SECRET)
    with KeyRing(given) as ring, ring.decrypted(io.BytesIO(message), "X.gpg") as stream:
        stream.read(10)
        process = Path(f"/proc/{stream._process.pid}")
        assert b"--decrypt" in (process / "cmdline").read_bytes()
        for shown in ("cmdline", "environ"):
            assert SECRET.encode() not in (process / shown).read_bytes()


@pytest.mark.parametrize("passphrase", ["", "wrong"])
def test_a_missing_or_wrong_passphrase(passphrase: str) -> None:
    message = encrypted(TEXT, pair("protected", passphrase=SECRET))
    with pytest.raises(DataError, match="RSYS-3206: X.gpg .* passphrase of the private key is wrong or miss"):
        decrypt(message, keys(name="protected", passphrase=passphrase))


def changed(message: bytes, at: int) -> bytes:
    return message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]


def only_signed(*options: str, by: PgpPair) -> bytes:
    # Named: gpg signs with the first key of the ring otherwise, which another test may have locked.
    return gpg(*options, "--local-user", by.name, "--sign", data=TEXT)


def unguarded() -> bytes:
    return encrypted(TEXT, pair("customer"), "--rfc2440", "--disable-mdc")


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (lambda: encrypted(TEXT, pair("other")), "RSYS-3205: X.gpg is encrypted for another key"),
        (lambda: encrypted(TEXT, pair("customer"))[:-100], "RSYS-3207: X.gpg is damaged or cut off"),
        (lambda: encrypted(TEXT, pair("customer"), *PLAINLY)[:-1], "RSYS-3207: X.gpg is damaged or cut off"),
        (lambda: encrypted(TEXT, pair("customer"), *PLAINLY)[:150], "RSYS-3207: X.gpg is damaged or cut off"),
        (lambda: changed(encrypted(TEXT, pair("customer")), 5_000), "RSYS-3207: X.gpg is damaged or cut off"),
        (
            lambda: changed(encrypted(TEXT, pair("customer"), *PLAINLY), 900_000),
            "RSYS-3207: X.gpg is damaged or cut off",
        ),
        (lambda: encrypted(TEXT, pair("customer")) + b"more", "RSYS-3207: X.gpg is damaged or cut off"),
        (
            lambda: encrypted(TEXT, pair("customer"), armoured=True)[:50_000],
            "RSYS-3207: X.gpg is damaged or cut off",
        ),
        (unguarded, "RSYS-3207: X.gpg is encrypted without integrity protection"),
        (lambda: encrypted(TEXT, pair("customer"))[:30], "RSYS-3208: X.gpg holds no PGP-encrypted message"),
        (lambda: only_signed(by=pair("signer")), "RSYS-3208: X.gpg holds no PGP-encrypted message"),
        (lambda: TEXT, "RSYS-3208: X.gpg holds no PGP-encrypted message"),
        (lambda: b"", "RSYS-3208: X.gpg holds no PGP-encrypted message"),
        (
            lambda: gpg("--symmetric", data=TEXT, passphrase="theirs"),
            "RSYS-3206: X.gpg cannot be decrypted: the passphrase",
        ),
    ],
)
def test_messages_that_cannot_be_read(message: Callable[[], bytes], line: str) -> None:
    pair("customer")
    with pytest.raises(DataError, match=line):
        decrypt(message())


def test_text_of_a_damaged_message_never_ends_well() -> None:
    message = changed(encrypted(TEXT, pair("customer"), *PLAINLY), 900_000)
    with KeyRing(keys()) as ring, ring.decrypted(io.BytesIO(message), "X.gpg") as stream:
        block = b""
        with pytest.raises(DataError, match="RSYS-3207"):
            while block := stream.read(1 << 16) or b"the end":
                assert block != b"the end"
        with pytest.raises(DataError, match="RSYS-3207"):
            stream.read(1)


def test_a_signature_by_the_right_key_is_asked_for_when_it_is_set() -> None:
    signed = encrypted(TEXT, pair("customer"), signed_by=pair("signer"))
    assert decrypt(signed, keys("signer")) == TEXT


def forged(signer: str = "signer") -> bytes:
    """A message that is whole and whose signature was made over another text."""
    original = only_signed(*PLAINLY, by=pair(signer))
    return encrypted(changed(original, 900_000), pair("customer"), "--no-literal", *PLAINLY)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (lambda: encrypted(TEXT, pair("customer")), "RSYS-3210: X.gpg is not signed with the key in pgp_p"),
        (
            lambda: encrypted(TEXT, pair("customer"), signed_by=pair("other")),
            "RSYS-3210: X.gpg is not signed with the key in pgp_public_key",
        ),
        # Known to the key ring, but not as the sender.
        (
            lambda: encrypted(TEXT, pair("customer"), signed_by=pair("customer")),
            "RSYS-3210: X.gpg is not signed with the key in pgp_public_key",
        ),
        (forged, "RSYS-3209: X.gpg is not what its sender has signed"),
    ],
)
def test_signatures_that_do_not_count(message: Callable[[], bytes], line: str) -> None:
    with pytest.raises(DataError, match=line):
        decrypt(message(), keys("signer"))


def test_signatures_are_not_looked_at_where_no_signer_is_set() -> None:
    assert decrypt(forged("customer")) != TEXT


def test_a_signers_key_that_has_expired() -> None:
    old = pair("old", made="20200101T000000", expires="2021-01-01")
    signed = encrypted(TEXT, old, "--faked-system-time", "20200601T000000", signed_by=old)
    with pytest.raises(DataError, match="RSYS-3211: X.gpg is signed with a key that has expired"):
        decrypt(signed, PgpKeys(old.private, "", old.public))


def test_what_reading_the_source_raises_comes_out_as_it_is() -> None:
    class LostConnection(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) or self._lost()

        def _lost(self) -> bytes:
            raise EOFError("connection lost")

    message = encrypted(TEXT, pair("customer"))
    with KeyRing(keys()) as ring, ring.decrypted(LostConnection(message), "X.gpg") as stream:
        with pytest.raises(EOFError, match="connection lost"):
            stream.read()
        gpg_process = stream._process
    assert gpg_process.returncode is not None


def test_closing_early_ends_gpg() -> None:
    with KeyRing(keys()) as ring:
        stream = ring.decrypted(io.BytesIO(encrypted(TEXT, pair("customer"))), "X.gpg")
        assert stream.read(10) == TEXT[:10]
        # Else a signal from the terminal would end gpg before its reader knows why.
        assert os.getpgid(stream._process.pid) != os.getpgrp()
        stream.close()
        assert stream._process.returncode == -signal.SIGKILL


def test_a_gpg_that_is_killed_is_worth_another_run() -> None:
    message = Endless(encrypted(TEXT, pair("customer")))
    with KeyRing(keys()) as ring, ring.decrypted(message, "X.gpg") as stream:
        stream.read(10)
        stream._process.kill()
        with pytest.raises(TransientError, match="RSYS-3214: gpg was ended by signal 9"):
            stream.read()


class Endless(io.BytesIO):
    """A message that never comes to its end."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size) or b"\0"


def test_the_agent_is_started_anew_when_it_dies() -> None:
    message = encrypted(TEXT, pair("protected", passphrase=SECRET))
    with KeyRing(keys(name="protected", passphrase=SECRET)) as ring:
        assert ring.decrypted(io.BytesIO(message), "X.gpg").read() == TEXT
        subprocess.run(["gpgconf", "--homedir", str(ring._home), "--kill", "all"], check=True)
        assert ring.decrypted(io.BytesIO(message), "X.gpg").read() == TEXT


def home_of(ring: KeyRing) -> Path:
    """Let a key ring decrypt something, and return its folder."""
    with ring.decrypted(io.BytesIO(encrypted(TEXT, pair("customer"))), "X.gpg") as stream:
        assert stream.read() == TEXT
    assert ring._home
    return ring._home


def test_keys_lie_in_a_private_folder_while_they_are_needed() -> None:
    with KeyRing(keys()) as ring:
        assert ring._home is None
        home = home_of(ring)
        assert home.stat().st_mode & 0o777 == 0o700
        if os.access(keyring._MEMORY, os.W_OK):
            assert home.parent == keyring._MEMORY
    assert not home.exists()


SCRIPT = """
import io, os, sys
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys

ring = KeyRing(PgpKeys(open(sys.argv[1], "rb").read()))
ring.decrypted(open(sys.argv[2], "rb"), "X.gpg").read(10)
print(ring._home, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with a key ring of its own, until it is killed or has no more input."""
    (tmp_path / "key").write_bytes(pair("customer").private)
    (tmp_path / "message").write_bytes(encrypted(TEXT, pair("customer")))
    with ring_folder() as folder:
        yield subprocess.Popen(
            [sys.executable, "-c", rings_in(folder) + SCRIPT, tmp_path / "key", tmp_path / "message"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip


def test_keys_are_gone_when_the_interpreter_ends(running: subprocess.Popen[str]) -> None:
    with running:
        assert running.stdout
        home = Path(running.stdout.readline().strip())
        assert home.exists()
        running.communicate()
    assert not home.exists()


def test_keys_of_a_killed_process_are_swept_and_those_of_a_living_one_are_not(
    running: subprocess.Popen[str],
) -> None:
    with running:
        assert running.stdout
        home = Path(running.stdout.readline().strip())
        sweep(home.parent)
        assert home.exists()
        running.kill()
        running.wait()
        assert home.exists()
        sweep(home.parent)
        assert not home.exists()
        running.communicate()


def test_without_dev_shm_the_temporary_folder_has_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keyring, "_MEMORY", tmp_path / "none")
    with KeyRing(keys()) as ring:
        assert home_of(ring).parent == Path(tempfile.gettempdir())
    assert "There is no writable" in caplog.text


def fake_gpg(folder: Path, text: str) -> str:
    program = folder / "gpg"
    program.write_text(f"#!/bin/sh\n{text}\n", encoding="ascii")
    program.chmod(0o700)
    return str(folder)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "gpg cannot be run: No such file or directory"),
        ("echo 'gpg (GnuPG) 1.4.23'", "gpg is too old: 1.4"),
        ("echo hello", "gpg does not answer to --version"),
    ],
)
def test_a_gpg_that_cannot_be_used(
    text: str | None, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = keys()
    monkeypatch.setenv("PATH", fake_gpg(tmp_path, text) if text else str(tmp_path))
    with pytest.raises(SettingsError, match=f"RSYS-1301: .*{line}"):
        KeyRing(given).decrypted(io.BytesIO(b""), "X.gpg")


@pytest.mark.parametrize("which", ["private_key", "public_key"])
def test_keys_that_gpg_cannot_import(which: str) -> None:
    broken = {
        "private_key": pair("customer").private,
        "public_key": pair("signer").public,
    }
    begin, end = broken[which].split(b"\n\n")[0], broken[which].splitlines()[-1]
    broken[which] = begin + b"\n\nAAAA\n" + end + b"\n"
    with pytest.raises(SettingsError, match=f"RSYS-1306: gpg cannot import the key in pgp_{which}"):
        KeyRing(PgpKeys(broken["private_key"], "", broken["public_key"])).decrypted(io.BytesIO(b""), "X.gpg")
