"""Files that were read long ago, in nine characters each.

A state that listed two years of files by name would grow to half a megabyte, and it goes out every few
seconds. What is needed of an old file is only to recognise it, and to see that it has changed.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# 36 bits of a name's digest: with a thousand old files a new one is taken for a changed one, and read all the
# same, once in 10^8. 18 bits of the content's: together with the name's they never meet by chance.
_NAME, _CONTENT = 6, 3
_ENTRY = _NAME + _CONTENT
_PACKED = re.compile(r"[\w-]*", re.ASCII)


@dataclass
class LongAgo:
    """Digests of files, in groups by the quarter in which they were last modified.

    Args:
        quarters: For each quarter (`2026q1`), the digests of files' contents by those of their names.
    """

    quarters: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def from_state(cls, state: Mapping[str, str]) -> Self:
        """Read digests out of a bookmark.

        Raises:
            ValueError: It holds none.
        """
        quarters = {}
        for quarter, packed in state.items():
            if len(packed) % _ENTRY or not _PACKED.fullmatch(packed):
                raise ValueError(quarter)
            entries = (packed[place : place + _ENTRY] for place in range(0, len(packed), _ENTRY))
            quarters[quarter] = {entry[:_NAME]: entry[_NAME:] for entry in entries}
        return cls(quarters)

    def to_state(self) -> dict[str, str]:
        """Return the bookmark's form."""
        return {
            quarter: "".join(name + content for name, content in sorted(files.items()))
            for quarter, files in sorted(self.quarters.items())
        }

    def add(self, name: str, size: int, mtime: int) -> None:
        """Note a file: its name, size in bytes and modification time in epoch seconds."""
        self.remove(name)
        self.quarters.setdefault(_quarter(mtime), {})[_digest(name, _NAME)] = _content(name, size, mtime)

    def remove(self, name: str) -> None:
        """Forget a file, known or not."""
        digest = _digest(name, _NAME)
        for files in self.quarters.values():
            files.pop(digest, None)

    def clear(self) -> None:
        """Forget all files."""
        self.quarters.clear()

    def knows(self, name: str) -> bool:
        """Tell whether a file of that name has been noted."""
        digest = _digest(name, _NAME)
        return any(digest in files for files in self.quarters.values())

    def has(self, name: str, size: int, mtime: int) -> bool:
        """Tell whether this very file has been noted: same name, size and modification time."""
        found = self.quarters.get(_quarter(mtime), {}).get(_digest(name, _NAME))
        return found == _content(name, size, mtime)

    def forget(self, present: Iterable[str], before: int) -> None:
        """Drop the files that are not present, in quarters that lie before a moment in epoch seconds."""
        here = {_digest(name, _NAME) for name in present}
        for quarter in [quarter for quarter in self.quarters if quarter < _quarter(before)]:
            kept = {name: content for name, content in self.quarters[quarter].items() if name in here}
            self.quarters[quarter] = kept
        self.quarters = {quarter: files for quarter, files in self.quarters.items() if files}


def _quarter(mtime: int) -> str:
    try:
        moment = datetime.fromtimestamp(mtime, UTC)
    except (ValueError, OverflowError, OSError):
        return "0000q0"
    return f"{moment.year:04}q{(moment.month + 2) // 3}"


def _content(name: str, size: int, mtime: int) -> str:
    return _digest(f"{name}\0{size}\0{mtime}", _CONTENT)


def _digest(text: str, length: int) -> str:
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=9).digest()).decode()[:length]
