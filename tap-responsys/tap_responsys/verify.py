"""Files that were read are fetched again, to find those rewritten in the same size and second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.files import FileUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_responsys.folder import ExportFolder
    from tap_responsys.ledger import Ledger
    from tap_responsys.listing import ExportFile

_DAY = 86_400


class Verification:
    """Compares the bytes of a stream's newest files with those that were there when they were read.

    Args:
        folder: Where the files are.
        ledger: What has been read; digests are kept in it.
        days: How many days before the newest file on the server files are compared; 0 for none.
        failed: Takes the error of a file that cannot be fetched.
    """

    def __init__(
        self,
        folder: ExportFolder,
        ledger: Ledger,
        days: float,
        failed: Callable[[FileUnavailableError], None],
    ) -> None:
        self._folder, self._ledger, self._failed = folder, ledger, failed
        self._days = days

    def note(self, export: ExportFile) -> None:
        """Remember the bytes of a file that has just been read.

        Raises:
            FileUnavailableError: It is not any more what was listed.
        """
        if self._covers(export):
            self._ledger.digests[export.name] = self._folder.digest(export)

    def compare(self, exports: Iterable[ExportFile]) -> bool:
        """Mark the files that have other bytes than when they were read as changed.

        A file without a digest, because it was read before files were compared, gets one.

        Returns:
            Whether the ledger is another one now.
        """
        before = dict(self._ledger.digests)
        covered = [export for export in exports if self._covers(export)]
        names = {export.name for export in covered}
        self._ledger.digests = {name: digest for name, digest in before.items() if name in names}
        for export in covered:
            if not self._ledger.is_read(export):
                continue
            try:
                digest = self._folder.digest(export)
            except FileUnavailableError as error:
                self._failed(error)
                continue
            if self._ledger.digests.setdefault(export.name, digest) != digest:
                self._ledger.digests[export.name] = digest
                self._ledger.doubt(export)
        return self._ledger.digests != before

    def _covers(self, export: ExportFile) -> bool:
        since = self._folder.listing.newest_mtime - self._days * _DAY
        return self._days > 0 and export.remote.mtime >= since
