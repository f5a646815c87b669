"""What a zip archive of an export may hold: one file, without a password."""

from __future__ import annotations

from responsys_io.files import FileUnavailableError

_ENCRYPTED = 1 << 0


def is_export(name: str) -> bool:
    """Tell an export from folders, and from what macOS adds to the archives that it makes."""
    return not name.endswith("/") and not name.startswith("__MACOSX/")


def check_is_only_one(count: int, archive: str) -> None:
    """Refuse an archive of several files, or of none.

    Raises:
        FileUnavailableError: RSYS-3202.
    """
    if count != 1:
        raise FileUnavailableError(
            "RSYS-3202",
            f"{archive} holds {'more than one file' if count else 'no file'} instead of one.",
            "Connect writes one file per archive.",
        )


def check_is_open(flags: int, archive: str) -> None:
    """Refuse a protected member, going by its general purpose flags.

    Raises:
        FileUnavailableError: RSYS-3203.
    """
    if flags & _ENCRYPTED:
        raise FileUnavailableError(
            "RSYS-3203", f"{archive} is protected by a zip password.", "Connect does not set one."
        )
