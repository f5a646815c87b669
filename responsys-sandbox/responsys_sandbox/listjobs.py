"""The Export Data jobs of contact lists: which lists there are, who is in them, and what a day exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from responsys_sandbox.contacts import Contact
    from responsys_sandbox.exportoptions import ExportOptions, FullLists

Kind = Literal["full", "delta"]

_SPREAD, _PARTS = 2_654_435_761, 1000


@dataclass(frozen=True, slots=True)
class ListJob:
    """The job of one list.

    Args:
        name: Name of its files; `{stamp}` stands for date and time, `{kind}` for full or delta.
        full: When it exports the whole list.
        share: Which part of the account's contacts is in the list.
    """

    name: str
    full: FullLists
    share: float = 1.0

    def kind(self, day: date, number: int) -> Kind:
        """Say what the job exports on a day.

        Args:
            day: The account's date.
            number: How many days after the first day of exports that is.
        """
        whole = {
            "first": False,
            "daily": True,
            "weekly": number % 7 == 0,
            "monthly": day.day == 1,
        }
        return "full" if whole[self.full] else "delta"

    def members(self, contacts: Iterable[Contact]) -> Iterator[Contact]:
        """Yield those of the contacts that are in the list."""
        for contact in contacts:
            # Who is in the list follows from the RIID, spread so that neighbours differ.
            if contact.riid * _SPREAD % 2**32 % _PARTS < self.share * _PARTS:
                yield contact


def list_jobs(options: ExportOptions) -> Sequence[ListJob]:
    """Return the account's list jobs in the order in which they run."""
    jobs = [ListJob(options.contacts_name, options.contacts_full)]
    if options.second_list_name:
        jobs.append(ListJob(options.second_list_name, options.second_list_full, options.second_list_share))
    return jobs
