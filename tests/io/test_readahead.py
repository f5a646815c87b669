"""How many read requests are under way: as many as distance asks for, and no more."""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pytest
from paramiko.message import Message
from paramiko.sftp import CMD_DATA

from responsys_io.readahead import LEAST_UNDER_WAY, MOST_UNDER_WAY, ReadAhead

if TYPE_CHECKING:
    import paramiko

SIZE = 300_000_000


class Session:
    """What `ReadAhead` uses of paramiko's client; answers each request when it is asked for the answer."""

    def __init__(self, *, answers_wait: bool) -> None:
        self.answers_wait = answers_wait
        self.requests: deque[tuple[ReadAhead, int, int]] = deque()
        self.most = 0
        self.numbers = count()

    def get_channel(self) -> Session:
        return self

    def recv_ready(self) -> bool:
        return self.answers_wait

    def _async_request(self, taker: ReadAhead, _kind: int, _handle: bytes, _offset: Any, length: int) -> int:
        number = next(self.numbers)
        self.requests.append((taker, number, length))
        self.most = max(self.most, len(self.requests))
        return number

    def _read_response(self) -> None:
        taker, number, length = self.requests.popleft()
        message = Message()
        message.add_string(bytes(length))
        message.rewind()
        taker._async_response(CMD_DATA, message, number)


def ahead_of(session: Session) -> ReadAhead:
    return ReadAhead(cast("paramiko.SFTPClient", session), b"handle", 0, SIZE)


def read(ahead: ReadAhead, blocks: int) -> int:
    """Read so many blocks; return how many requests are under way after the last one."""
    for _ in range(blocks):
        assert ahead.next_block()
    session = cast("Session", ahead._channel)
    return len(session.requests) + 1


@pytest.mark.parametrize(("answers_wait", "most"), [(True, LEAST_UNDER_WAY), (False, MOST_UNDER_WAY)])
def test_requests_grow_in_number_only_while_answers_are_waited_for(answers_wait: bool, most: int) -> None:
    session = Session(answers_wait=answers_wait)
    assert sum(map(len, iter(ahead_of(session).next_block, b""))) == SIZE
    assert session.most == most


def test_requests_double_in_a_round_until_they_are_enough() -> None:
    ahead = ahead_of(Session(answers_wait=False))
    assert [read(ahead, 1) for _ in range(9)] == [1, 2, 4, 4, 8, 8, 8, 8, 16]


def test_once_they_were_enough_requests_follow_one_by_one() -> None:
    session = Session(answers_wait=False)
    ahead = ahead_of(session)
    assert read(ahead, 40) == MOST_UNDER_WAY
    session.answers_wait = True
    assert LEAST_UNDER_WAY < read(ahead, 100) < MOST_UNDER_WAY
    assert read(ahead, 300) == LEAST_UNDER_WAY
    session.answers_wait = False
    # A server that stalls for a moment, which one answer shows, is asked for one more, for a round or two.
    assert read(ahead, 1) == LEAST_UNDER_WAY
    session.answers_wait = True
    assert max(read(ahead, 1) for _ in range(50)) == LEAST_UNDER_WAY + 1
    assert read(ahead, 1) == LEAST_UNDER_WAY
    session.answers_wait = False
    assert [read(ahead, 20) for _ in range(3)] == [17, 18, 19]
