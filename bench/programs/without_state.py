# ruff: noqa: INP001 - a program
"""Run tap-responsys with its STATE messages left out, to see what they cost; arguments are the tap's."""

from tap_responsys.streams import ExportStream
from tap_responsys.tap import main

ExportStream._write_state_message = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005, SLF001
main()
