"""A folder for the key rings of one test: in the common one, those of other tests come and go beside them."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from responsys_io import keyring

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def ring_folder() -> Iterator[Path]:
    """Make a folder where the common one is, of a path that is short enough for the agents' sockets.

    At the end it goes, with the agents of the key rings that are in it.
    """
    common = keyring._MEMORY
    folder = Path(tempfile.mkdtemp(prefix="rings-", dir=common if common.is_dir() else None))
    try:
        yield folder
    finally:
        keyring.sweep(folder)
        shutil.rmtree(folder, ignore_errors=True)


def rings_in(folder: Path) -> str:
    """Return Python code that lets a process have its key rings in a folder."""
    return f"import pathlib, responsys_io.keyring as rings\nrings._MEMORY = pathlib.Path({str(folder)!r})\n"
