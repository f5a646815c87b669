"""Tests of pipes with room."""

from __future__ import annotations

import fcntl
import os
from termios import FIONREAD
from typing import TYPE_CHECKING

import pytest

from responsys_io.pipes import widen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1 << 20

pytestmark = pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="only Linux has pipes of any size")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_a_megabyte_is_written_before_anybody_reads(pipe: tuple[int, int]) -> None:
    source, sink = pipe
    os.set_blocking(sink, False)
    assert os.write(sink, bytes(2 * MEGABYTE)) < MEGABYTE
    widen(sink)
    os.write(sink, bytes(2 * MEGABYTE))
    assert fcntl.ioctl(source, FIONREAD, bytes(4)) == MEGABYTE.to_bytes(4, "little")


def test_a_pipe_gets_the_room_that_is_asked_for(pipe: tuple[int, int]) -> None:
    widen(pipe[1], MEGABYTE // 4)
    assert fcntl.fcntl(pipe[1], fcntl.F_GETPIPE_SZ) == MEGABYTE // 4


def test_a_pipe_that_is_wider_stays_so(pipe: tuple[int, int]) -> None:
    try:
        fcntl.fcntl(pipe[1], fcntl.F_SETPIPE_SZ, 2 * MEGABYTE)
    except PermissionError:
        pytest.skip("this user gets no wider pipe")
    widen(pipe[1])
    assert fcntl.fcntl(pipe[1], fcntl.F_GETPIPE_SZ) == 2 * MEGABYTE


def test_what_is_no_pipe_stays_as_it_is(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        widen(file.fileno())
        file.write(b"text")
    assert (tmp_path / "file").read_bytes() == b"text"
