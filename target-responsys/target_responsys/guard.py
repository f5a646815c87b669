"""What keeps a stream out of its destination, all of it at once and before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from responsys_io.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit.

    Args:
        code: Stable identifier.
        problem: What is wrong and where.
        remedy: What to do about it.
    """

    code: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


def refuse(findings: Sequence[Finding]) -> None:
    """Stop when something was found.

    Raises:
        DataError: The first finding's code, and the text of all.
    """
    if len(findings) == 1:
        raise DataError(findings[0].code, findings[0].problem, findings[0].remedy)
    if findings:
        numbered = (f"({number}) {finding}" for number, finding in enumerate(findings, 1))
        raise DataError(findings[0].code, f"{len(findings)} things do not fit.", " ".join(numbered))
