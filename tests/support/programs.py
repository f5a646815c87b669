"""Programs of others, run to their end."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from support.plugins import environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def output_of(
    command: Sequence[str | Path], variables: Mapping[str, str] | None = None, *, sent: bytes = b""
) -> bytes:
    """Run a program, which has to end well, and return what it writes.

    Args:
        command: The program and its arguments.
        variables: Environment variables beside those of this process; its settings of plugins are left out.
        sent: What stands on its standard input.
    """
    own = environment(**(variables or {}), PYTHONWARNINGS="ignore", HOME=os.environ["HOME"])
    done = subprocess.run(command, input=sent, capture_output=True, check=False, env=own)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout
