"""What `tap_responsys.lineprocess` and `tap_responsys.lineworker` say to each other."""

from __future__ import annotations

import struct

from tap_responsys.recordlines import Written

Answer = Written | int | None
"""What was written of a block, nothing, or the number of the output's error."""
LENGTH = struct.Struct("<I")
"""What stands before each message."""
BEGIN = struct.Struct("<Q")
"""What stands before a block's text: the number of its first line."""
