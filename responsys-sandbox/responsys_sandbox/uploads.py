"""What an upload holds once it is decrypted and unpacked."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_sandbox.importfile import BadFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responsys_sandbox.importjob import ImportJob
    from responsys_sandbox.pgp import PgpKeyFolder

_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"


@contextmanager
def clear_text(path: Path, job: ImportJob, keys: PgpKeyFolder | None) -> Iterator[Path]:
    """Give the file with an upload's text, which is the upload itself or lies in a temporary folder.

    Args:
        path: The upload.
        job: Says whether it is encrypted; how it is packed, its first bytes tell.
        keys: The account's keys.

    Raises:
        BadFileError: It cannot be decrypted or unpacked, or its archive has other than one file.
    """
    with tempfile.TemporaryDirectory(prefix="sandbox-import-") as folder:
        if job.encrypted:
            path = _decrypted(path, Path(folder) / "decrypted", keys)
        yield _unpacked(path, Path(folder) / "unpacked") if job.unpacks else path


def _decrypted(sealed: Path, clear: Path, keys: PgpKeyFolder | None) -> Path:
    if keys is None:
        raise BadFileError("the file is encrypted and the account has no key")
    try:
        keys.decrypt(sealed, clear)
    except ValueError as error:
        raise BadFileError("the file cannot be decrypted with the account's key") from error
    return clear


def _unpacked(packed: Path, clear: Path) -> Path:
    with packed.open("rb") as stream:
        first = stream.read(len(_ZIP))
    try:
        if first == _ZIP:
            with zipfile.ZipFile(packed) as archive:
                names = archive.namelist()
                if len(names) != 1:
                    raise BadFileError("the archive does not have exactly one file")
                with archive.open(names[0]) as source, clear.open("wb") as target:
                    shutil.copyfileobj(source, target)
        elif first.startswith(_GZIP):
            with gzip.open(packed) as source, clear.open("wb") as target:
                shutil.copyfileobj(source, target)
        else:
            return packed
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise BadFileError("the file cannot be unpacked") from error
    return clear
