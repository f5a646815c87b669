"""Where an error came from, without the texts of errors that are not ours: they may hold values of rows."""

from __future__ import annotations

import traceback

from responsys_io.errors import ResponsysError


def traceback_without_values(error: BaseException) -> str:
    """Return the traceback of an error and of those that it came of, the first one first.

    Of each the type and the places in the code are told; the text only where it is one of this project's.
    """
    parts: list[str] = []
    told: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in told:
        told.add(id(following))
        parts.append("".join([*traceback.format_tb(following.__traceback__), _name(following)]))
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return "\n\nwhich led to:\n\n".join(reversed(parts))


def _name(error: BaseException) -> str:
    return str(error) if isinstance(error, ResponsysError) else type(error).__name__
