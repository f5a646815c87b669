"""The asynchronous API by the settings: how calls are queued, how many, and what it cannot be used for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.asynccalls import AsyncCalls
from responsys_io.retry import Retry
from target_responsys.dispatch import Dispatcher
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.restsession import RestSession

_DELETING = ("hard_delete", "process_activate_version_messages", "erase")


def api_mode(config: Mapping[str, Any]) -> str | None:
    """Return how merge calls are made, None where there are none."""
    return str(chosen(config, "api_mode")) if chosen(config, "delivery") == "api" else None


def queues(config: Mapping[str, Any]) -> bool:
    """Tell whether merge calls are queued."""
    return api_mode(config) == "async"


def dispatcher_of(config: Mapping[str, Any]) -> Dispatcher:
    """Return what carries calls out.

    Each queued call has a thread that sleeps until its result is there; few more are made ready meanwhile.
    """
    connections = chosen(config, "max_connections")
    if queues(config):
        return Dispatcher(chosen(config, "async_requests"), waiting=connections)
    return Dispatcher(connections)


def queue_of(config: Mapping[str, Any], session: RestSession) -> AsyncCalls:
    """Return the queue as the settings want it."""
    first, longest = chosen(config, "async_poll_interval"), chosen(config, "async_poll_interval_max")
    return AsyncCalls(
        session,
        retry=Retry(base=first, cap=max(first, longest)),
        max_wait=chosen(config, "async_max_wait"),
        at_once=chosen(config, "max_connections"),
    )


def mode_problems(config: Mapping[str, Any]) -> list[str]:
    """Say what api_mode async cannot be used for, a sentence each."""
    if chosen(config, "api_mode") != "async":
        return []
    if chosen(config, "delivery") != "api":
        return ["api_mode async works with delivery api only: files are not queued."]
    wanting = ["load_method mirror"] if chosen(config, "load_method") == "mirror" else []
    wanting += [name for name in _DELETING if chosen(config, name)]
    return [f"{name} works with api_mode sync only: it deletes rows, by direct calls." for name in wanting]
