"""Calls on several threads: side by side where they may be, in order where they touch the same key."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable

Result = TypeVar("Result")

MOST_AHEAD = 4 * 2**20
"""Bytes in all calls that are open up to which more of them are made ready than there are threads."""

MOST_OPEN = 16 * 2**20
"""Bytes in all calls that are open, unless a single one has more."""


@dataclass(eq=False)
class _Call(Generic[Result]):
    keys: Collection[Hashable]
    work: Callable[[], Result]
    settle: Callable[[Result], None]
    size: int = 0
    waits_for: int = 0
    followers: list[_Call[Any]] = field(default_factory=list)


class Dispatcher:
    """Carries calls out on threads of its own.

    A call waits for every earlier one that shares a key with it, however often that one is sent again, so
    that the rows of a key arrive in the order in which they came. Results are settled on the thread that
    submits: what uses them needs no locks. Not to be used from more than one thread.

    The threads are daemons: a process that unwinds after a signal does not wait for answers.

    Memory is bounded by bytes, since calls are of any size: what is sent and answered is held several times
    as long as a call lasts. Small calls are made ready in number, so that threads never wait for them. Of
    large ones no more are made ready than there are threads, and fewer where these would be too much.

    Args:
        threads: Calls at the same time.
        waiting: Calls that wait for a thread or for each other at most, as many as threads when not given:
            enough to keep the threads busy.
    """

    def __init__(self, threads: int, *, waiting: int | None = None) -> None:
        self._size = threads
        self._most = threads + (threads if waiting is None else waiting)
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        # What threads wait for, and what the thread that submits waits for: none is woken for nothing.
        self._begin = threading.Condition(self._lock)
        self._ended = threading.Condition(self._lock)
        self._ready: deque[_Call[Any]] = deque()
        self._last_of: dict[Hashable, _Call[Any]] = {}
        self._finished: deque[tuple[Callable[[Any], None], int, Any]] = deque()
        self._open = 0
        self._held = 0
        self._fault: BaseException | None = None
        self._closed = False

    def submit(
        self,
        keys: Collection[Hashable],
        work: Callable[[], Result],
        settle: Callable[[Result], None],
        *,
        size: int = 0,
    ) -> None:
        """Have a call made, once there is room; results that are in are settled meanwhile.

        Args:
            keys: What it touches.
            work: Makes the call, on another thread.
            settle: Takes its result, on this thread.
            size: About how many bytes it holds.

        Raises:
            Exception: What an earlier call has raised. Nothing further is begun then.
        """
        call = _Call(keys, work, settle, size)
        while True:
            self._settle_finished()
            with self._lock:
                self._raise_fault()
                if self._has_room(size):
                    self._admit(call)
                    break
                self._wait()
        if len(self._threads) < self._size:
            self._start_thread()

    def settle(self) -> None:
        """Wait until every call is carried out and its result settled.

        Raises:
            Exception: What a call has raised.
        """
        while True:
            self._settle_finished()
            with self._lock:
                self._raise_fault()
                if not self._open:
                    return
                self._wait()

    def close(self, *, patience: float = 0.0) -> None:
        """Begin nothing further, and settle what ends within so many seconds."""
        with self._lock:
            self._closed = True
            self._begin.notify_all()
        for thread in self._threads if patience else ():
            thread.join(patience / self._size)
        self._settle_finished()

    def _has_room(self, size: int) -> bool:
        held = self._held + size
        if self._open < self._size:
            return held <= MOST_OPEN or not self._open
        return self._open < self._most and held <= MOST_AHEAD

    def _admit(self, call: _Call[Any]) -> None:
        self._open += 1
        self._held += call.size
        before = {id(earlier): earlier for key in call.keys if (earlier := self._last_of.get(key))}
        for earlier in before.values():
            earlier.followers.append(call)
        call.waits_for = len(before)
        self._last_of.update(dict.fromkeys(call.keys, call))
        if not before:
            self._ready.append(call)
            self._begin.notify()

    def _start_thread(self) -> None:
        thread = threading.Thread(
            target=self._carry_out, daemon=True, name=f"responsys-call-{len(self._threads)}"
        )
        self._threads.append(thread)
        thread.start()

    def _carry_out(self) -> None:
        while self._carry_out_next():
            pass

    def _carry_out_next(self) -> bool:
        """Carry the next call out; nothing of it is held while its thread waits for another one."""
        call = self._next()
        if call is None:
            return False
        try:
            result = call.work()
        except BaseException as fault:  # noqa: BLE001  raised again by the thread that submits
            with self._lock:
                self._fault = self._fault or fault
                self._begin.notify_all()
                self._ended.notify()
            return False
        with self._lock:
            self._finished.append((call.settle, call.size, result))
            self._release(call)
            self._ended.notify()
        return True

    def _next(self) -> _Call[Any] | None:
        with self._lock:
            while not (self._closed or self._fault):
                if self._ready:
                    return self._ready.popleft()
                self._begin.wait()
            return None

    def _release(self, call: _Call[Any]) -> None:
        for key in call.keys:
            if self._last_of.get(key) is call:
                del self._last_of[key]
        for follower in call.followers:
            follower.waits_for -= 1
            if not follower.waits_for:
                self._ready.append(follower)
                self._begin.notify()

    def _settle_finished(self) -> None:
        while self._finished:
            settle, size, result = self._finished.popleft()
            with self._lock:
                self._open -= 1
                self._held -= size
            settle(result)

    def _wait(self) -> None:
        if not self._finished:
            self._ended.wait()

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault
