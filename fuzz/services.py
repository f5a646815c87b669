"""What other programs say: Responsys's answers, gpg's status lines."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, Any

from responsys_io.answeredrows import answered_rows, named_rows
from responsys_io.asyncresults import raise_refusal, states_of
from responsys_io.errors import ResponsysError
from responsys_io.gpgstatus import StatusLines
from responsys_io.mergeresults import refused_deletions, refused_recipients, refused_records
from responsys_io.pgpverdict import Verdict
from responsys_io.ratelimit import parse_limits
from responsys_io.restanswers import Verdict as Answered
from responsys_io.restanswers import judge, refusal
from responsys_io.resthosts import trusted_end_point
from responsys_io.resthttp import Answer
from responsys_io.restpages import items_of
from responsys_io.restretry import Pursuit
from responsys_io.restsession import Endpoint
from responsys_io.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

_STATUSES = (200, 400, 401, 403, 404, 429, 500, 503, 302, 201)
_ENDPOINT = Endpoint("POST", "/folders/{folder}/suppData/{table}/members", "merge records")
_SENT = [["a@example.com", "1"], ["b@example.com", "2"]]
# Its clock goes on by a minute whenever it is looked at: waits come to an end.
_PURSUIT = Pursuit(
    Retry(limit=2, sleep=lambda _: None), give_up_after=600, clock=itertools.count(0, 60.0).__next__
)


def answer(data: bytes) -> None:
    """Judge an answer, and read out of it what any call may want; the first byte chooses its status."""
    status = _STATUSES[data[0] % len(_STATUSES)] if data else 200
    wait, _, body = data[1:].partition(b"\n")
    got = Answer(status, {"retry-after": wait.decode("latin-1")}, body)
    judged = judge(got)
    assert "@example.com" not in judged.page, "an address in a page is not told"
    assert "@example.com" not in str(refusal("merge records", judged)), "nor one in a reason"
    with contextlib.suppress(ResponsysError):
        _PURSUIT.run(lambda: got, where="merge records", host="host", repeatable=bool(len(data) % 2))
    if judged.verdict is Answered.DONE:
        _read(judged.document)


def _read(document: Any) -> None:
    readers: tuple[Callable[[], object], ...] = (
        lambda: parse_limits(document),
        lambda: items_of(document, "items", _ENDPOINT),
        lambda: states_of(document, _ENDPOINT),
        lambda: raise_refusal(_ENDPOINT, document),
        lambda: list(named_rows(document, _ENDPOINT)),
        lambda: _refused(answered_rows(document, _ENDPOINT)),
        lambda: trusted_end_point(document, frozenset()),
    )
    for read in readers:
        with contextlib.suppress(ResponsysError):
            read()


def _refused(rows: list[list[Any]]) -> None:
    for reader in (refused_records, refused_recipients, refused_deletions):
        with contextlib.suppress(ResponsysError):
            found = reader("T", _SENT, rows)
            assert found.keys() <= {0, 1}, "only what was sent is refused"


def gpg_status(data: bytes) -> None:
    """Judge a decryption by gpg's status lines; the first byte chooses exit code and more."""
    first = data[0] if data else 0
    lines = data[1:].decode(errors="replace").split("\n")
    took_all, exit_code = bool(first & 1), (0, 2, -9)[first % 3]
    verdict = Verdict("X.gpg", ("F" * 40,) if first & 8 else ())
    for line in lines:
        verdict.add(line)
    if verdict.problem(exit_code, took_all=took_all) is None:
        said = {line.split()[1] for line in lines if line.startswith("[GNUPG:] ") and len(line.split()) > 1}
        assert took_all, "a part of a message is not the whole"
        assert "DECRYPTION_OKAY" in said, "it counts only once gpg vouches for it"
        assert "BADSIG" not in said, "a forgery does not count"
    status = StatusLines.of("\n".join(lines))
    status.lacks_passphrase(status.args("ERROR"))
