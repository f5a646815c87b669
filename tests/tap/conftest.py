from __future__ import annotations

from support.fixtures import download, tap

__all__ = ["download", "tap"]
