"""Disks that are full, on either side; and what lies on the target's while a file is being made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import lines, record, schema
from support.exports import write_opens
from support.openssh import SSHD
from support.pgp import needs_gpg, pair
from support.plugins import environment
from support.smalldisk import small_disk

from responsys_io.errors import TransientError
from responsys_io.fileserver import FileServer, FileServerLogin

if TYPE_CHECKING:
    from support.openssh import SshServer

    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", note="string")


@pytest.mark.skipif(SSHD is None, reason="no sshd here")
def test_a_file_server_without_room(sshd: SshServer, tmp_path: Path) -> None:
    with small_disk(sshd.files / "full") as full:
        source = tmp_path / "source"
        source.write_bytes(os.urandom(300_000))
        with (
            FileServer.connect(FileServerLogin.from_config(sshd.config)) as server,
            source.open("rb") as stream,
            pytest.raises(
                TransientError,
                match=r"RSYS-2301: full/people\.csv\.part holds 65536 bytes after 300000 were sent",
            ),
        ):
            server.upload(stream, "full/people.csv")
        assert list(full.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_tap_whose_output_goes_to_a_full_disk(sshd: SshServer, tmp_path: Path) -> None:
    write_opens(sshd.files / "download", 3, range(2_000))
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**sshd.config, "settle_seconds": 0, "streams": ["open"]}), encoding="utf-8")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tap_responsys", "--config", str(path)],
            stdout=full, stderr=subprocess.PIPE, check=False, env=environment(), timeout=100,
        )  # fmt: skip
    errors = [line for line in done.stderr.decode().splitlines() if "| ERROR " in line]
    assert done.returncode == 1
    assert len(errors) == 1, errors
    assert "RSYS-9001: Standard output cannot be written to: No space left on device." in errors[0]


@needs_gpg
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are looked at as Linux shows them")
def test_the_rows_of_an_encrypted_file_are_not_on_the_disk_while_it_is_made(
    sandbox: Sandbox, config: dict[str, Any], tmp_path: Path
) -> None:
    """Each file that the target and its gpg hold open is read, also those that have no name."""
    settings = {
        **config, "delivery": "sftp", "encryption": "pgp",
        "pgp_public_key": pair("receiver").public.decode(),
    }  # fmt: skip
    path = tmp_path / "own.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    rows = [record("people", email=f"canary{number}@example.com", note=os.urandom(40).hex())
            for number in range(40_000)]  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-m", "target_responsys", "--config", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=environment(TMPDIR=str(tmp_path)), cwd=tmp_path,
    ) as target:  # fmt: skip
        assert target.stdin is not None
        # More than the pipe holds: by now most of it has been taken.
        target.stdin.write(lines([PEOPLE, *rows]))
        target.stdin.flush()
        held = [file for pid in _with_children(target.pid) for file in _files_held(pid, tmp_path)]
        target.kill()
        target.communicate()
    assert sum(map(len, held)) > 100_000, "the spool is among them"
    assert [b"canary" in content for content in held] == [False] * len(held)
    assert list((sandbox.files / "upload").iterdir()) == []


def _with_children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [pid, *map(int, found.stdout.split())]


def _files_held(pid: int, folder: Path) -> list[bytes]:
    links = Path(f"/proc/{pid}/fd")
    return [link.read_bytes() for link in links.iterdir() if str(link.readlink()).startswith(str(folder))]
