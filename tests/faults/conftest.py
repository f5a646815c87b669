from __future__ import annotations

from support.fixtures import config, download, sandbox, tap

__all__ = ["config", "download", "sandbox", "tap"]
