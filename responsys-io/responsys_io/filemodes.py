"""Who may read a file of settings, as far as the modes of the file and of its folders say."""

from __future__ import annotations

import logging
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)


def readable_by_all(path: Path) -> bool:
    """Tell whether every user of the machine can read a file: it lets them, and so does each folder above it.

    Raises:
        OSError: The file is not there.
    """
    resolved = path.resolve(strict=True)
    readable = resolved.stat().st_mode & stat.S_IROTH
    return bool(readable) and all(folder.stat().st_mode & stat.S_IXOTH for folder in resolved.parents)


def warn_of_open_secrets(
    path: str, settings: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]
) -> None:
    """Log a warning when a file that every user of the machine can read holds secrets.

    Meltano writes such a file for each run (meltano issue 6065).

    Args:
        path: The file.
        settings: What it holds.
        properties: The settings there are, each as JSON Schema; `secret` marks those that are.
    """
    secrets = [name for name in settings if properties.get(name, {}).get("secret") and settings[name]]
    if secrets and readable_by_all(Path(path)):
        logger.warning(
            "Every user of this machine can read %s, which holds %s. Run with umask 077, or give secrets as "
            "files of their own.",
            path,
            ", ".join(sorted(secrets)),
        )
