"""All targets by name. Each takes bytes; whatever it raises is a finding, and so is one that does not end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fuzz import configuration, exportfiles, services, singer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CORPUS = Path(__file__).parent / "corpus"

TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "delimited": exportfiles.delimited,
    "blocks": exportfiles.blocks,
    "header": exportfiles.header,
    "archive": exportfiles.archive,
    "file_names": exportfiles.file_names,
    "ledger_state": exportfiles.ledger_state,
    "gpg_status": services.gpg_status,
    "answer": services.answer,
    "messages": singer.messages,
    "settings": configuration.settings,
    "variables": configuration.variables,
    "host_keys": configuration.host_keys,
    "private_keys": configuration.private_keys,
}


def corpus(name: str) -> list[bytes]:
    """Return the inputs of a target that are kept."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
