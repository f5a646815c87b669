"""What `tap_responsys.lineprocess` and `tap_responsys.lineworker` say to each other."""

from __future__ import annotations

import struct
from enum import IntEnum

from tap_responsys.recordlines import Written

Answer = Written | int | None
"""What was written of a block, nothing, or the number of the output's error."""
LENGTH = struct.Struct("<I")
"""What stands before each message."""
BEGIN = struct.Struct("<BQ")
"""What messages after the first begin with: their kind, and the number of a block's first line or 0."""


class Kind(IntEnum):
    """What a message is about."""

    WRITE = 0
    """The block that follows is to be written as lines."""
    END = 1
    """Blocks after this may be written again after one could not."""
    MAKE = 2
    """The lines of the block that follows are to be made and kept; those kept before are not needed."""
    WRITE_MADE = 3
    """The lines that have been kept are to be written."""
