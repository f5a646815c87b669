"""Encrypted exports, decrypted by gpg alone."""

from __future__ import annotations

import gzip
import io
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from support.exportfolder import feed_files
from support.pgp import imported, needs_gpg

from responsys_sandbox.account import Account, AccountPlan
from responsys_sandbox.exportoptions import ExportOptions
from responsys_sandbox.pgp import PgpKeyFolder

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = needs_gpg


def sent(folder: Path, **options: Any) -> Path:
    """Return the SENT file of one day."""
    plan = AccountPlan(contacts=40, exports=ExportOptions(feeds=("SENT",), **options))
    (path,) = feed_files(Account(folder, plan).add_days(), "SENT")
    return path


def unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (member,) = archive.namelist()
        return archive.read(member)


@pytest.fixture
def plain(tmp_path: Path) -> bytes:
    return sent(tmp_path / "plain").read_bytes()


def decrypted(message: bytes, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Decrypt with nothing but gpg and the two keys that the sandbox hands out."""
    keys = PgpKeyFolder(folder / "keys")
    with imported(keys.customer_private_key(), keys.sender_public_key()) as home:
        command = ["gpg", "--homedir", home, "--batch", "--status-fd", "2", "--decrypt"]
        return subprocess.run(command, input=message, capture_output=True, check=False)


@pytest.mark.parametrize("armoured", [False, True])
@pytest.mark.parametrize("signed", [False, True])
def test_messages(tmp_path: Path, plain: bytes, armoured: bool, signed: bool) -> None:
    path = sent(tmp_path, encryption="pgp", pgp_armour=armoured, pgp_signed=signed)
    assert path.suffixes == [".gpg"]
    assert path.read_bytes().startswith(b"-----BEGIN PGP MESSAGE-----") == armoured
    done = decrypted(path.read_bytes(), tmp_path)
    assert done.stdout == plain
    signatures = [line for line in done.stderr.splitlines() if b"GOODSIG" in line]
    assert [b"pgp_sender" in line for line in signatures] == [True] * signed
    assert not list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize(("inner", "suffix"), [(False, ".zip.gpg"), (True, ".txt.zip.gpg")])
def test_packed_then_encrypted(tmp_path: Path, plain: bytes, inner: bool, suffix: str) -> None:
    path = sent(tmp_path, encryption="pgp", compression="zip", inner_suffix=inner)
    assert path.name.endswith(f"00{suffix}")
    assert unzipped(decrypted(path.read_bytes(), tmp_path).stdout) == plain


@pytest.mark.parametrize(("packing", "unpack"), [("zip", unzipped), ("gz", gzip.decompress)])
def test_encrypted_then_packed(tmp_path: Path, plain: bytes, packing: str, unpack: Any) -> None:
    path = sent(tmp_path, encryption="pgp", compression=packing, inner_suffix=True, pgp_first=True)
    assert path.name.endswith(f".txt.gpg.{packing}")
    assert decrypted(unpack(path.read_bytes()), tmp_path).stdout == plain


def test_the_keys_are_made_once(tmp_path: Path) -> None:
    first = PgpKeyFolder(tmp_path).customer_private_key()
    text = first.read_bytes()
    assert first.stat().st_mode & 0o777 == 0o600
    assert PgpKeyFolder(tmp_path).customer_private_key().read_bytes() == text
