"""When a stream's file is sent while its records still come: once it is large, and where it is one file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from responsys_io.headstart import HeadStart
from responsys_io.login import FileServerLogin
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_responsys.csvspool import CsvSpool
    from target_responsys.filenames import FileNaming

logger = logging.getLogger(__name__)

# Bytes; for less a second session is not worth its while.
_WORTH_A_SESSION = 8 * 2**20


class EarlyUpload:
    """Sends the beginning of a stream's file.

    Args:
        config: The target's settings.
        name: Returns how the file is named, which holds until the end of the run.
    """

    def __init__(self, config: Mapping[str, Any], name: Callable[[], FileNaming]) -> None:
        self._config, self._name = config, name
        self._possible = not (chosen(config, "split_rows") or chosen(config, "split_bytes"))
        self._head_start: HeadStart | None = None
        self.naming: FileNaming | None = None
        """How the file is named; None while nothing of it has been sent."""

    def look(self, spool: CsvSpool) -> None:
        """Send what has been added to the spool, if it is time."""
        if not self._possible:
            return
        size = spool.size
        if self._head_start is None and size >= _WORTH_A_SESSION:
            self._begin(spool)
        if self._head_start:
            self._head_start.grow(size)

    def _begin(self, spool: CsvSpool) -> None:
        try:
            naming = self._name()
        except ResponsysError as error:
            # The upload will say so.
            logger.debug("The file is sent when it is complete: %s", error)
            self._possible = False
            return
        self.naming = naming
        login = FileServerLogin.from_config(self._config)
        self._head_start = HeadStart(login, naming.of(1).data, spool.read_at)

    def finish(self) -> None:
        """Leave the rest to the upload."""
        if self._head_start:
            self._head_start.finish()
            self._head_start = None

    def close(self) -> None:
        """Remove what was sent, unless the rest was left to the upload."""
        if self._head_start:
            self._head_start.give_up()
            self._head_start = None
