"""Read requests kept under way on one open SFTP file, so that distance costs little.

paramiko's own prefetch asks for a whole file at once (memory grows with the file), gives up early when its
number of requests is limited, and prints a traceback from a thread of its own when the connection is lost.
This sends the same requests through the same client, a bounded number at a time and from the calling thread.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from paramiko.sftp import CMD_DATA, CMD_READ, CMD_STATUS, int64

if TYPE_CHECKING:
    import paramiko

# Small at first, since often only a header line or a zip directory is wanted; then nearly the most that
# OpenSSH serves per request.
_FIRST_REQUEST = 32_768
_REQUEST = 255_000
MOST_UNDER_WAY = 24
"""Six megabytes: on a line of 200 ms still more than is written as lines meanwhile."""
LEAST_UNDER_WAY = 16
"""Four megabytes: records are written in bursts, and with one under way bytes were waited for after each."""


class FileEndsEarlyError(Exception):
    """The server says that the file ends before the size that it had when it was listed."""


class ReadAhead:
    """The bytes of a file from an offset on, in order.

    Args:
        sftp: The session that the file was opened with.
        handle: The open file's handle.
        offset: Where to begin.
        end: Where to stop asking, the file's size.
        most: How many requests may be under way at a time.
    """

    def __init__(
        self, sftp: paramiko.SFTPClient, handle: bytes, offset: int, end: int, most: int = MOST_UNDER_WAY
    ) -> None:
        self._sftp = sftp
        self._handle = handle
        self._next = offset
        self._end = end
        self._request = _FIRST_REQUEST
        self._most = most
        self._allowed = 1
        self._asked = self._changed_after = -1  # numbers of requests: the last one, and that at a change
        self._waited = False  # for an answer, since then
        self._settled = False  # it was enough once: from then on it changes by one
        self._channel = sftp.get_channel()
        self._under_way: deque[tuple[int, int, int]] = deque()  # number, offset, length
        self._answers: dict[int, bytes | Exception] = {}

    def next_block(self) -> bytes:
        """Return the next bytes, empty at the end.

        Raises:
            FileEndsEarlyError: The file has become shorter.
            OSError: The server refused to read.
            paramiko.SSHException, EOFError, TimeoutError: The connection was lost.
        """
        self._fill()
        if not self._under_way:
            return b""
        number, offset, length = self._under_way.popleft()
        waits = number not in self._answers and not self._has_arrived()
        while number not in self._answers:
            self._sftp._read_response()  # type: ignore[attr-defined]  # noqa: SLF001
        answer = self._answers.pop(number)
        if isinstance(answer, EOFError) or answer == b"":
            raise FileEndsEarlyError
        if isinstance(answer, Exception):
            raise answer
        if len(answer) < length:
            # The server serves less per request: ask for the rest, and for less from now on.
            self._request = max(_FIRST_REQUEST // 8, min(self._request, len(answer)))
            self._under_way.appendleft(self._ask(offset + len(answer), length - len(answer)))
        elif self._request < _REQUEST and self._allowed == 1:
            self._request = _REQUEST
        self._adapt(number, waits=waits)
        return answer

    def _adapt(self, number: int, *, waits: bool) -> None:
        """Allow more requests while answers have to be waited for, and fewer while they are there already.

        Where the caller is the slower one answers pile up in the channel's buffer, all of which paramiko
        moves in memory when it takes something out of it. What was allowed last shows in answers to later
        requests only: it changes once in a round.
        """
        self._waited |= waits
        if number <= self._changed_after:
            return
        more = 0
        if self._waited or self._allowed < LEAST_UNDER_WAY:
            more = 1 if self._settled else self._allowed
        elif self._allowed > LEAST_UNDER_WAY:
            more, self._settled = -1, True
        self._allowed = min(self._allowed + more, self._most)
        self._changed_after, self._waited = self._asked, False

    def _has_arrived(self) -> bool:
        return self._channel is not None and self._channel.recv_ready()

    def _fill(self) -> None:
        while len(self._under_way) < self._allowed and self._next < self._end:
            length = min(self._request, self._end - self._next)
            self._under_way.append(self._ask(self._next, length))
            self._next += length

    def _ask(self, offset: int, length: int) -> tuple[int, int, int]:
        number = self._sftp._async_request(  # type: ignore[attr-defined]  # noqa: SLF001
            self, CMD_READ, self._handle, int64(offset), length
        )
        self._asked = number
        return number, offset, length

    def _async_response(self, kind: int, message: paramiko.Message, number: int) -> None:
        """Take an answer; paramiko calls this for the object that was given with the request."""
        if kind == CMD_DATA:
            self._answers[number] = message.get_string()
        elif kind == CMD_STATUS:
            try:
                self._sftp._convert_status(message)  # type: ignore[attr-defined]  # noqa: SLF001
            except (EOFError, OSError) as error:
                self._answers[number] = error
        self._answers.setdefault(number, OSError("unexpected answer to a read request"))
