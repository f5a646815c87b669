"""How merge calls are made: directly, or queued and waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from responsys_io.recordcalls import carry_out

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from responsys_io.asynccalls import AsyncCalls
    from responsys_io.recordcalls import RecordCall
    from responsys_io.restsession import RestSession


class Carrier(Protocol):
    """Makes calls. Safe for several threads.

    Args:
        loose: Keys of rows that Responsys may still merge at some moment, although nothing is waited for any
            more. What is sent of such a key could be overwritten by what came before it.
    """

    @property
    def loose(self) -> set[Hashable]:
        """See the class; those who make calls add to it."""
        ...

    def carry_out(self, call: RecordCall, on_loose: Callable[[], object]) -> dict[int, str]:
        """Make a call and wait for its result.

        Args:
            call: The call.
            on_loose: Told when Responsys may carry it out at some later moment, or once more.

        Returns:
            Responsys's words by index in the records, for those that were refused.

        Raises:
            RefusedError: RSYS-4009 when it was refused as a whole.
            UnknownOutcomeError: When it is not known whether it was carried out.
            ResponsysError: When it could not be made.
        """
        ...


@dataclass(frozen=True)
class Direct:
    """Makes calls directly: they are done when they are answered."""

    session: RestSession
    loose: set[Hashable] = field(default_factory=set)

    def carry_out(self, call: RecordCall, on_loose: Callable[[], object]) -> dict[int, str]:  # noqa: ARG002
        """Make a call; see `Carrier`."""
        return carry_out(self.session, call)


@dataclass(frozen=True)
class ThroughQueue:
    """Queues calls and waits until they are done."""

    queue: AsyncCalls
    loose: set[Hashable] = field(default_factory=set)

    def carry_out(self, call: RecordCall, on_loose: Callable[[], object]) -> dict[int, str]:
        """Queue a call and wait; see `Carrier`."""
        return self.queue.carry_out(call, on_loose=on_loose)
