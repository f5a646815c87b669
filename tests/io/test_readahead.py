"""How many read requests are under way: as many as distance asks for, and no more."""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any, cast

import pytest
from paramiko.message import Message
from paramiko.sftp import CMD_DATA

from responsys_io.readahead import MOST_UNDER_WAY, ReadAhead

if TYPE_CHECKING:
    import paramiko

SIZE = 100_000_000


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


@pytest.mark.parametrize(("answers_wait", "most"), [(True, 4), (False, MOST_UNDER_WAY)])
def test_requests_grow_in_number_only_while_answers_are_waited_for(answers_wait: bool, most: int) -> None:
    session = Session(answers_wait=answers_wait)
    ahead = ReadAhead(cast("paramiko.SFTPClient", session), b"handle", 0, SIZE)
    assert sum(map(len, iter(ahead.next_block, b""))) == SIZE
    assert session.most == most
