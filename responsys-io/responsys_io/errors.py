"""Errors by what the person who reads them can do: fix the settings, try again, look at the data.

Every error carries a code that is stable across releases (`RSYS-nnnn`), says in one line what is
wrong and where, and what to do about it. The first digit of a code names the area:

1 settings and keys, 2 the file server, 3 export files, 4 the REST API, 5 tables and delivery,
6 Singer messages, 9 a fault of ours.
"""

from __future__ import annotations

from typing import ClassVar


class ResponsysError(Exception):
    """A problem that a person has to know about.

    Args:
        code: Stable identifier, for example `RSYS-2001`.
        problem: What is wrong and where, without a secret or a row value in it.
        remedy: What to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, problem: str, remedy: str = "") -> None:
        self.code = code
        self.problem = _one_line(problem)
        self.remedy = _one_line(remedy)
        super().__init__(str(self))

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.code}:", self.problem, self.remedy) if part)


class SettingsError(ResponsysError):
    """A setting or a credential is wrong: trying again changes nothing (exit code 2)."""

    exit_code = 2


class TransientError(ResponsysError):
    """The service did not answer as it should: the same run may succeed later."""


class DataError(ResponsysError):
    """A file, a table or a record is not as it has to be."""


def _one_line(text: str) -> str:
    return " ".join(text.split())
