"""Memory does not depend on how large an encrypted archive is."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.pgp import encrypted, needs_gpg, pair

MEGABYTE = 2**20
SCRIPT = """
import sys
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from tap_responsys.decode import decoded

key, path = sys.argv[1:]
ring = KeyRing(PgpKeys(open(key, "rb").read()))
total = 0
with ring, open(path, "rb", buffering=0) as raw, decoded(raw, path, ring) as stream:
    while block := stream.read(1 << 16):
        total += len(block)
(most,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(total, most)
"""


def measured(tmp_path: Path, megabytes: int) -> tuple[int, int]:
    """Unpack so much text; return its bytes and the most memory that it took, in KiB."""
    block = b"".join(b'"%d","%x"\n' % (number, hash((number, 7))) for number in range(60_000))[:MEGABYTE]
    archive, message, key = (tmp_path / name for name in ("X.zip", f"{megabytes}.gpg", "key"))
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as writer,
        writer.open("X.txt", "w", force_zip64=True) as member,
    ):
        for _ in range(megabytes):
            member.write(block)
    message.write_bytes(encrypted(archive.read_bytes(), pair("customer"), "--compress-algo", "none"))
    key.write_bytes(pair("customer").private)
    command = [sys.executable, "-c", SCRIPT, str(key), str(message)]
    total, memory = subprocess.run(command, capture_output=True, check=True).stdout.split()
    return int(total), int(memory)


@needs_gpg
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured as Linux shows it")
def test_ten_times_as_much_takes_no_more_memory(tmp_path: Path) -> None:
    small, little = measured(tmp_path, 16)
    large, much = measured(tmp_path, 160)
    assert (small, large) == (16 * MEGABYTE, 160 * MEGABYTE)
    assert much - little < 4 * 1024
