"""One long file over a line that breaks again and again, in every way that a line has."""

from __future__ import annotations

import hashlib
import io
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.retry import Retry
from support.faultproxy import Fault, fault_proxy

if TYPE_CHECKING:
    from pathlib import Path

    from support.faultproxy import How
    from support.openssh import SshServer

ROW_BYTES = 64
_ROWS_PER_BLOCK = 1 << 14
# Silence is noticed after so many seconds.
IO_TIMEOUT = 1
HOWS: tuple[How, ...] = ("reset", "end", "flip", "silence")
# Every so often it is silence: that is the slow one.
SHARES = (4, 3, 2, 1)


@dataclass
class Outcome:
    """What came of it.

    Args:
        bytes: Length of the file.
        faults: Faults by kind.
        connections: Connections that were opened.
        same: Whether the bytes that came are those of the file.
        rows: Rows that came, each counted each time.
        twice: Rows that came at a place that is not theirs: again, or too early.
        left: Faults that the file was read without.
        seconds: Real ones.
    """

    bytes: int
    faults: Counter[str]
    left: int = 0
    connections: int = 0
    same: bool = False
    rows: int = 0
    twice: int = 0
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        """Whether all faults came, and every row of the file came once."""
        return self.same and not self.left and not self.twice and self.rows * ROW_BYTES == self.bytes


@dataclass
class _Rows:
    """Checks rows as they come: each tells its number."""

    count: int = 0
    wrong: int = 0
    _rest: bytes = field(default=b"")

    def take(self, block: bytes) -> None:
        data = self._rest + block
        whole = len(data) - len(data) % ROW_BYTES
        for start in range(0, whole, ROW_BYTES):
            self.wrong += int(data[start : start + 12]) != self.count
            self.count += 1
        self._rest = data[whole:]


def write_rows(file: BinaryIO, rows: int, seed: int) -> str:
    """Write numbered rows of 64 bytes; return the SHA-256."""
    chance = random.Random(seed)
    sha256 = hashlib.sha256()
    for first in range(0, rows, _ROWS_PER_BLOCK):
        noise = chance.randbytes(26).hex()[:51]
        numbers = range(first, min(first + _ROWS_PER_BLOCK, rows))
        block = "".join(f"{number:012}{noise}\n" for number in numbers).encode()
        file.write(block)
        sha256.update(block)
    return sha256.hexdigest()


def read_over_a_bad_line(sshd: SshServer, megabytes: int, faults: int, seed: int) -> Outcome:
    """Read a file of so many megabytes while the line breaks so many times.

    Args:
        sshd: The file server.
        megabytes: Size of the file, in 1,000,000 bytes.
        faults: How often the line breaks, spread evenly by chance.
        seed: Decides how and where.
    """
    chance = random.Random(seed)
    path: Path = sshd.files / "download" / "long.txt"
    rows = megabytes * 1_000_000 // ROW_BYTES
    with path.open("wb") as file:
        written = write_rows(file, rows, seed)
    size = path.stat().st_size
    hows = chance.choices(HOWS, SHARES, k=faults)
    # What a connection has read ahead when it breaks is read again by the next one.
    apart = size / (faults + 1)
    breaks = [Fault(how, int(chance.uniform(0.3, 1.3) * apart)) for how in hows]
    outcome = Outcome(size, Counter(hows))
    began = time.monotonic()
    retry = Retry(limit=12, base=0.02, cap=0.1)
    with fault_proxy(sshd.port, *breaks) as proxy:
        config = {**sshd.config, "port": proxy.port, "connect_timeout": 5, "io_timeout": IO_TIMEOUT}
        sha256, numbers = hashlib.sha256(), _Rows()
        with FileServer(FileServerLogin.from_config(config), retry=retry) as server:
            (remote,) = (found for found in server.list("download") if found.path.endswith("long.txt"))
            with server.open(remote) as reader:
                buffered = io.BufferedReader(reader, 1 << 20)
                while block := buffered.read(1 << 20):
                    sha256.update(block)
                    numbers.take(block)
        outcome.connections = proxy.connections
        outcome.left = len(proxy.faults)
    path.unlink()
    outcome.seconds = time.monotonic() - began
    outcome.same = sha256.hexdigest() == written
    outcome.rows, outcome.twice = numbers.count, numbers.wrong
    return outcome
