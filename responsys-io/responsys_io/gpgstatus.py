"""gpg's status lines, by which a program learns what came of a run (GnuPG's doc/DETAILS describes them)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PREFIX = "[GNUPG:] "
# Error numbers of libgpg-error: bad passphrase, no passphrase given.
_PASSPHRASE_ERRORS = {11, 177}
_ERROR_NUMBER = 0xFFFF
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


class StatusLines:
    """The status lines of one run, each as its keyword and arguments; other lines are passed over."""

    def __init__(self) -> None:
        self.said: list[list[str]] = []

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the lines of all that was said."""
        lines = cls()
        # Names in keys may hold what else counts as a line break.
        for line in text.split("\n"):
            lines.add(line)
        return lines

    def add(self, line: str) -> None:
        """Take a line."""
        if line.startswith(_PREFIX) and (words := line.removeprefix(_PREFIX).split()):
            self.said.append(words)

    def has(self, keyword: str) -> bool:
        """Tell whether a keyword was said."""
        return any(said[0] == keyword for said in self.said)

    def args(self, keyword: str) -> list[list[str]]:
        """Return what was said with a keyword, each time."""
        return [said[1:] for said in self.said if said[0] == keyword]

    def lacks_passphrase(self, errors: Iterable[Sequence[str]]) -> bool:
        """Tell whether a private key's passphrase is wrong or missing.

        Args:
            errors: Arguments of the ERROR and FAILURE lines to go by: a place, then libgpg-error's code.
        """
        codes = [code for error in errors for code in error[1:2] if _NUMBER.fullmatch(code)]
        numbers = {int(code) & _ERROR_NUMBER for code in codes}
        return not _PASSPHRASE_ERRORS.isdisjoint(numbers) or self.has("MISSING_PASSPHRASE")
