"""An encrypted export is never on a disk in clear."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.exports import OPEN_HEADER, delimited, open_row
from support.pgp import encrypted, needs_gpg, pair
from support.plugins import environment

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 8_000
LARGEST_FILE = 64 * 2**10


@needs_gpg
@pytest.mark.parametrize("form", ["plain", "zip"])
def test_no_file_is_written_that_could_hold_it(form: str, tmp_path: Path) -> None:
    """Neither the tap nor what it starts may write a file of more than 64 KiB; all is read nevertheless."""
    text = delimited([OPEN_HEADER, *map(open_row, range(ROWS))])
    assert len(text) > 10 * LARGEST_FILE
    keys = pair("customer")
    options = ["--compress-algo", "none" if form == "plain" else "zip"]
    exports, spool = tmp_path / "exports", tmp_path / "spool"
    exports.mkdir()
    spool.mkdir()
    (exports / "1234_OPEN_20190103_060500.gpg").write_bytes(encrypted(text, keys, *options))
    config = {
        "path": f"file:{exports}",
        "settle_seconds": 0,
        "streams": ["open"],
        "pgp_private_key": keys.private.decode(),
    }
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))

    done = subprocess.run(
        [sys.executable, "-m", "tap_responsys", "--config", str(tmp_path / "config.json")],
        capture_output=True, check=False, cwd=spool, env=environment(TMPDIR=str(spool)), preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b'"type":"RECORD"') == ROWS
    assert list(spool.iterdir()) == []
