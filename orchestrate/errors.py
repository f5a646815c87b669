"""What keeps a shard or a campaign from running; the text is one line with a code."""

from __future__ import annotations


class PlanError(Exception):
    """Trying again changes nothing before a person has done something.

    Args:
        code: Stable identifier, for example `RSYS-7001`.
        problem: What is wrong and where, without a secret in it.
        remedy: What to do about it.
    """

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        self.code = code
        super().__init__(f"{code}: {problem} {remedy}")
