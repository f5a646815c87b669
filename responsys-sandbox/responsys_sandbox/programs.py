"""The account's programs: what is sent to people one by one, as each of them gets there."""

from __future__ import annotations

from dataclasses import dataclass

from responsys_sandbox.campaigns import ABANDONED_CART, WELCOME


@dataclass(frozen=True, slots=True)
class Program:
    """A program.

    Args:
        id: PROGRAM_ID.
        name: Its name.
        status: NOT_RUNNING, RUNNING or RUNNING_WITH_ERRORS.
        channels: The channels that it sends through.
    """

    id: int
    name: str
    status: str = "RUNNING"
    channels: tuple[str, ...] = ("EMAIL",)


PROGRAMS = (
    Program(8010, f"{WELCOME.name}_Program"),
    Program(8020, f"{ABANDONED_CART.name}_Program"),
    Program(8030, "Win_Back_Program", "NOT_RUNNING", ("EMAIL", "SMS")),
)
