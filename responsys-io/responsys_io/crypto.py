"""Decrypting with the gpg program by pipe: in constant memory, nothing in clear on any disk."""

from __future__ import annotations

import io
import os
import selectors
import subprocess
from typing import IO, TYPE_CHECKING, Protocol

from responsys_io.pgpverdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from _typeshed import WriteableBuffer

_BLOCK = 1 << 16


class ByteSource(Protocol):
    """Anything that bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many bytes, none at the end."""


class Decrypted(io.RawIOBase):
    """What a PGP message holds, as a read-only stream; its end is only reported once gpg vouches for all.

    gpg gives out text before it has seen whether the message is whole, so what has been read of it counts
    only after the end was reached. The source is read by whoever reads this stream, in the same thread, and
    what its `read` raises comes out unchanged. Closing early ends gpg.

    Args:
        source: The message.
        command: The gpg command that decrypts standard input to standard output.
        passphrase: The private key's passphrase, empty for none.
        name: The file that the message comes from, for error texts.
        signers: Fingerprints of keys of which one has to have signed; empty when signatures do not matter.

    Raises:
        DataError: RSYS-3205 to RSYS-3212 when reading, instead of the end, for a message that cannot be
            decrypted, is not whole or is not signed as it has to be.
        TransientError: RSYS-3214 when gpg was killed.
    """

    def __init__(
        self,
        source: ByteSource,
        command: Sequence[str],
        passphrase: str,
        *,
        name: str,
        signers: Collection[str] = (),
    ) -> None:
        self._source = source
        self._verdict = Verdict(name, signers)
        self._pending = memoryview(b"")
        self._status_line = b""
        self._took_all = False
        self._process, self._status = started_gpg(command, passphrase)
        assert self._process.stdin is not None  # noqa: S101  pipes, as ordered
        assert self._process.stdout is not None  # noqa: S101
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._selector = selectors.DefaultSelector()
        for pipe, event in (
            (self._stdin, selectors.EVENT_WRITE),
            (self._stdout, selectors.EVENT_READ),
            (self._status, selectors.EVENT_READ),
        ):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, event)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer with the next bytes; 0 at the end of a message that is whole."""
        view = memoryview(buffer).cast("B")
        if not len(view):
            return 0
        while self._selector.get_map():
            ready = [key.fileobj for key, _ in self._selector.select()]
            if self._stdout in ready:
                if count := os.readv(self._stdout.fileno(), [view]):
                    return count
                self._done_with(self._stdout)
                # What gpg has not taken by now it does not want any more.
                self._done_with(self._stdin)
            if self._status in ready:
                self._take_status()
            if self._stdin in ready and not self._stdin.closed:
                self._feed()
        if problem := self._verdict.problem(self._process.wait(), took_all=self._took_all):
            raise problem
        return 0

    def close(self) -> None:
        """End gpg, whether it has finished or not."""
        if not self.closed:
            self._process.kill()
            self._process.wait()
            for pipe in (self._stdin, self._stdout, self._status):
                self._done_with(pipe)
            self._selector.close()
        super().close()

    def _feed(self) -> None:
        """Give gpg the next bytes, as many as the pipe takes."""
        if not self._pending:
            self._pending = memoryview(self._source.read(_BLOCK))
            if not self._pending:
                self._took_all = True
                self._done_with(self._stdin)
                return
        try:
            self._pending = self._pending[os.write(self._stdin.fileno(), self._pending) :]
        except BrokenPipeError:
            self._done_with(self._stdin)

    def _take_status(self) -> None:
        block = os.read(self._status.fileno(), _BLOCK)
        *lines, self._status_line = (self._status_line + block).split(b"\n")
        for line in lines:
            self._verdict.add(line.decode(errors="replace"))
        if not block:
            self._done_with(self._status)

    def _done_with(self, pipe: IO[bytes] | io.FileIO) -> None:
        if not pipe.closed:
            self._selector.unregister(pipe)
            pipe.close()


def started_gpg(
    command: Sequence[str], passphrase: str, *, output: int = subprocess.PIPE
) -> tuple[subprocess.Popen[bytes], io.FileIO]:
    """Start gpg with its passphrase on a pipe of its own; return it with the pipe of its status lines.

    Its texts for people hold names and addresses from keys: nobody reads them.

    Args:
        command: The gpg command, which works on standard input and standard output.
        passphrase: The private key's passphrase, empty for none.
        output: Where standard output goes, a file descriptor or a new pipe.
    """
    secret, secret_in = os.pipe()
    status, status_in = os.pipe()
    try:
        os.write(secret_in, passphrase.encode() + b"\n")
        process = subprocess.Popen(  # noqa: S603  no shell, no value of a setting
            [command[0], "--status-fd", str(status_in), "--passphrase-fd", str(secret), *command[1:]],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=(status_in, secret),
            env=gpg_environment(),
            # A signal from the terminal is for the reader, which closes this stream.
            process_group=0,
        )
    except BaseException:
        os.close(status)
        raise
    finally:
        for end in (secret, secret_in, status_in):
            os.close(end)
    return process, io.FileIO(status)


def gpg_environment() -> dict[str, str]:
    """Return the environment for gpg and the agent that it starts: no setting and no secret is in it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
