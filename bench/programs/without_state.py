# ruff: noqa: INP001 - a program
"""Run tap-responsys with its STATE messages left out, to see what they cost; arguments are the tap's."""

from tap_responsys.streams import ExportStream
from tap_responsys.tap import main

# Nor does anything stop for one that is due.
ExportStream.STATE_MSG_FREQUENCY = 1 << 40
ExportStream._write_state_message = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005, SLF001
main()
